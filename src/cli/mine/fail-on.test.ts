import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { MineResult } from "../../glitch/index.ts";
// fail-on.ts loads this room when it is needed; here it is loaded before the clock of a test starts.
import "../../glitch/index.ts";
import { checkFailOn, failOnStatus } from "./fail-on.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-fail-on-"));
afterAll(() => rmSync(folder, { recursive: true }));

const list = (value: unknown) => {
  const path = join(folder, "known.json");
  writeFileSync(path, JSON.stringify(value));
  return path;
};

const tokens = [
  { id: 9, text: "▁nine", verdict: "glitch" },
  { id: 4, text: "▁four", verdict: "glitch" },
  { id: 7, text: "▁seven", verdict: "normal" },
];
const result = { model: { name: "m" }, tokens } as unknown as MineResult;

async function statusOf(options: Parameters<typeof failOnStatus>[2]) {
  const notes: string[] = [];
  const status = await failOnStatus({ note: (line) => notes.push(line) }, result, options);
  return { status, notes };
}

describe("mine --fail-on", () => {
  it("is silent unless asked", async () => {
    expect(await statusOf({})).toEqual({ status: undefined, notes: [] });
  });

  it("fails on anything found", async () => {
    const { status, notes } = await statusOf({ failOn: "found" });
    expect(status).toBe(4);
    expect(notes).toEqual(["m has 2 glitch tokens."]);
  });

  it("fails on what the list lacks, and names it", async () => {
    const { status, notes } = await statusOf({ failOn: "new", known: list([4, 7]) });
    expect(status).toBe(4);
    expect(notes.slice(1)).toEqual(["  9 ▁nine"]);
    expect((await statusOf({ failOn: "new", known: list([9, 4, 1]) })).status).toBeUndefined();
  });

  it("refuses a list of another tokenizer", async () => {
    const known = list({ kind: "guard-list", model: "other", tokens: [{ id: 9, text: "▁neun" }] });
    await expect(statusOf({ failOn: "new", known })).rejects.toThrow(/not of this tokenizer/);
  });

  it("finds out about the flags beforehand", async () => {
    await expect(checkFailOn({ failOn: "new" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(checkFailOn({ failOn: "found", known: list([]) })).rejects.toMatchObject({ code: "USAGE" });
    await expect(checkFailOn({ failOn: "new", known: join(folder, "none") })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
    });
    await expect(checkFailOn({ failOn: "new", known: list({ no: 1 }) })).rejects.toThrow(/no list/);
    await expect(checkFailOn({})).resolves.toBeUndefined();
  });
});
