/** `assay bench mining` as a user runs it: refusals first, then one comparison on the smaller bundled model. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel } from "../../src/testing/index.ts";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const random = join(folder, "random.gguf");
beforeAll(() => writeRandomModel({ path: random }));
afterAll(remove);

async function refusal(...args: string[]) {
  const { status, stdout } = await run(["bench", "mining", ...args, "--json"]);
  return { status, ...JSON.parse(stdout).error };
}

describe("what cannot be compared is refused with a hint", () => {
  it.each([
    [["--methods", "censsu"], 2, "USAGE", "Did you mean census?"],
    [["--budgets", "10m"], 2, "USAGE", expect.stringContaining("5%")],
    [["--budgets", "1%,lots"], 2, "USAGE", expect.stringContaining("5%")],
    [["--seeds", "0"], 2, "USAGE", expect.any(String)],
    [["--markdown"], 2, "USAGE", undefined],
    [["no-such-model"], 3, "MODEL_NOT_FOUND", expect.any(String)],
    [["random.gguf", "random.gguf"], 2, "USAGE", expect.any(String)],
    [["random.gguf", "lab-dense", "--census", "last"], 2, "USAGE", undefined],
    [["random.gguf", "--census", "last"], 2, "RUN_NOT_FOUND", expect.any(String)],
    [["random.gguf", "--truth", "none.json"], 1, "DATA_UNAVAILABLE", expect.any(String)],
    [["random.gguf", "--report", "/nowhere/r.html"], 2, "USAGE", undefined],
  ])("%j", async (args, status, code, hint) => {
    expect(await refusal(...args)).toMatchObject({ status, code, ...(hint !== undefined && { hint }) });
  });

  it("a model on which no template works, and the truth of another model", async () => {
    expect(await refusal("random.gguf")).toMatchObject({ status: 2, code: "UNSUPPORTED" });
    const token = { id: 0, text: "a", class: "normal", count: 1, copied: 1, withheld: false, decoy: false };
    writeFileSync(join(folder, "t.json"), JSON.stringify({ schema: 1, model: "other", tokens: [token] }));
    const { code, message } = await refusal("random.gguf", "--truth", "t.json");
    expect(code).toBe("DATA_UNAVAILABLE");
    expect(message).toContain("the truth of another model");
  });

  it("a store that cannot be opened", async () => {
    const { status, code } = await refusal("random.gguf", "--store", join("random.gguf", "runs.db"));
    expect({ status, code }).toEqual({ status: 1, code: "STORE" });
  });
});

const LAB = fileURLToPath(new URL("../../models/lab-dense.gguf", import.meta.url));

describe.skipIf(!existsSync(LAB))("on the bundled model", () => {
  const args = ["bench", "mining", "lab-dense", "--budgets", "1%,60", "--seeds", "2"];

  it("takes a census, stops at Ctrl-C, and goes on with it", async () => {
    const stopped = await run([...args, "--progress", "json"], {
      signalAfter: /"stage":"census","done":[1-9]/,
    });
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toContain("The same command goes on with it.");
    const { run: half } = JSON.parse((await run(["runs", "show", "last", "--json"])).stdout);
    expect(half).toMatchObject({ kind: "mine", status: "interrupted" });
    const partial = await refusal("lab-dense", "--census", half.id);
    expect(partial).toMatchObject({ code: "DATA_UNAVAILABLE", hint: expect.stringContaining(half.id) });

    const { status, stdout, stderr } = await run([...args, "--json"]);
    expect(status).toBe(0);
    expect(stderr).toContain("Going on with the census");
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      schema: 1,
      kind: "bench",
      name: "mining",
      seeds: [0, 1],
      differences: [],
    });
    expect(document.models).toMatchObject([{ label: "lab-dense", hasTruth: true, census: { run: half.id } }]);
    const value = (name: string, method: string, budget: string) =>
      document.results.find(
        (row: { name: string; method: string; budget: string }) =>
          row.name === name && row.method === method && row.budget === budget,
      ).value;
    for (const budget of ["60 tokens", "1 %"]) {
      const census = value("attained:confirmed", "census", budget);
      expect(census).toBeGreaterThan(value("attained:confirmed", "random", budget));
      expect(census).toBeGreaterThan(0.9);
      expect(value("charged", "glitchminer", budget)).toBeLessThanOrEqual(budget === "1 %" ? 121 : 60);
    }
  });

  it("replays what is stored, in tables, Markdown and a page", async () => {
    const { stdout, stderr } = await run([...args, "--markdown", "--methods", "census,low-norm"]);
    expect(stderr).not.toContain("taking one");
    expect(stdout).toMatch(/\| 1 % \| low-norm \| [\d.]+% ±0 \|/);
    const report = join(folder, "bench.html");
    const tables = await run([...args, "--report", report, "--methods", "random,low-norm"]);
    expect(tables.stdout).toMatch(/^1 % +random +[\d.]+% ±/m);
    expect(readFileSync(report, "utf8")).toContain("<svg");
  });

  it("pairs models where several are given", async () => {
    const { stdout } = await run([
      ...["bench", "mining", "lab-dense", "lab-moe", "--budgets", "1%", "--seeds", "1", "--json"],
      ...["--methods", "census,low-norm,random"],
    ]);
    const { models, differences } = JSON.parse(stdout);
    expect(models.map(({ label }: { label: string }) => label)).toEqual(["lab-dense", "lab-moe"]);
    const best = differences.filter((one: { isBest: boolean }) => one.isBest);
    expect(best[0]).toMatchObject({
      target: "confirmed",
      method: "census",
      differences: [expect.any(Number), expect.any(Number)],
    });
    for (const { low, mean, high } of best) expect(low <= mean && mean <= high).toBe(true);
  });
});
