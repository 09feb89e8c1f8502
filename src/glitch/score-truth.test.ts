import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTruth, scoreAgainstTruth, type TrueToken } from "./score-truth.ts";

const token = (id: number, more: Partial<TrueToken>): TrueToken => ({
  id,
  text: `t${id}`,
  class: "normal",
  count: 100,
  copied: 100,
  withheld: false,
  decoy: false,
  ...more,
});
const truth = {
  schema: 1 as const,
  model: "toy",
  tokens: [
    token(1, { count: 0, copied: 0, withheld: "never" }),
    token(2, { count: 0, copied: 0, withheld: "lie-both" }),
    token(3, {}),
    token(4, { decoy: true }),
    token(5, { copied: 0, withheld: "text-only" }),
    token(6, { count: 0, copied: 0, class: "byte" }),
    token(7, { count: 5, copied: 2, withheld: "rare" }),
  ],
};

test("recall counts never-trained normal tokens of any norm, untested ones as missed", () => {
  const score = scoreAgainstTruth(
    [
      { id: 1, verdict: "glitch" },
      { id: 4, verdict: "glitch" },
      { id: 5, verdict: "uncertain" },
    ],
    truth,
  );
  expect(score.recall).toBe(0.5);
  expect(score.falseShare).toBe(0.5);
  expect(score.grades.map(({ grade, tokens, glitch }) => [grade, tokens, glitch])).toEqual([
    ["never seen, ordinary rows", 1, 0],
    ["never seen", 1, 1],
    ["decoy that works", 1, 1],
    ["text only", 1, 0],
    ["copied 1 to 3", 1, 0],
    ["copied 50 or more", 1, 0],
  ]);
});

test("says nothing where there is nothing to score", () => {
  const score = scoreAgainstTruth([], { ...truth, tokens: [] });
  expect(score).toMatchObject({ recall: undefined, falseShare: undefined, grades: [] });
});

test.each([
  ["{", "is not JSON"],
  ["{}", "schema 1"],
  ['{"schema":1,"model":"x","tokens":[{"id":"1"}]}', "schema 1"],
])("refuses a file that holds %s", async (text, why) => {
  const path = join(await mkdtemp(join(tmpdir(), "truth-")), "truth.json");
  await writeFile(path, text);
  await expect(readTruth(path)).rejects.toMatchObject({
    code: "DATA_UNAVAILABLE",
    message: expect.stringContaining(why),
  });
});

test("reads what it should and says when there is no file", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "truth-")), "truth.json");
  await writeFile(path, JSON.stringify(truth));
  expect(await readTruth(path)).toEqual(truth);
  await expect(readTruth(`${path}x`)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
});
