import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkTruth, findTruth } from "./truth.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-bench-truth-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const truth = (model: string, ids = [0, 1]) => ({
  schema: 1,
  model,
  tokens: ids.map((id) => ({
    ...{ id, text: `t${id}`, class: "normal", count: 1, copied: 1, withheld: false, decoy: false },
  })),
});
const write = (path: string, value: unknown) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), JSON.stringify(value));
  return join(folder, path);
};
write("a/x.truth.json", truth("own"));
write("a/truth.json", truth("folder's"));
const other = write("other.json", truth("given"));

describe("findTruth", () => {
  it.each([
    ["a/x.gguf", undefined, "own"],
    ["a/y.gguf", undefined, "folder's"],
    ["a/x.gguf", other, "given"],
    ["b/x.gguf", undefined, undefined],
  ])("for %s with %s finds %s", async (model, given, found) => {
    expect((await findTruth(join(folder, model), given))?.truth.model).toBe(found);
  });

  it("refuses what is named and is no truth", async () => {
    await expect(findTruth("x.gguf", write("bad.json", { schema: 2 }))).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
    });
  });
});

describe("checkTruth", () => {
  const check = (ids: number[], vocabulary = 2) =>
    checkTruth({ path: "t.json", truth: truth("m", ids) as never }, { name: "m", vocabulary });

  it("takes the truth of this vocabulary", () => {
    expect(check([0, 1]).model).toBe("m");
  });

  it.each([[[0]], [[0, 0]], [[0, 5]], [[0, 1, 2]]])("refuses ids %j of 2", (ids) => {
    expect(() => check(ids)).toThrow(expect.objectContaining({ code: "DATA_UNAVAILABLE" }));
  });
});
