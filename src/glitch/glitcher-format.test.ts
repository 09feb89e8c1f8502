import { expect, test } from "vitest";
import type { MineResult } from "./evidence.ts";
import { readGlitcherIds, toGlitcherMine } from "./glitcher-format.ts";

test.each([
  ["a list of ids", [5, 3, 5], [3, 5]],
  ["mine, each hit twice", { glitch_tokens: ["a", "b", "a"], glitch_token_ids: [9, 2, 9] }, [2, 9]],
  ["range mining", { glitch_tokens: [{ token_id: 4, token_text: "x" }] }, [4]],
  [
    "test results, which glitcher itself cannot read again",
    {
      test_results: [
        { token_id: 1, is_glitch: true },
        { token_id: 2, is_glitch: false },
      ],
    },
    [1],
  ],
  ["comparison", { comparison_results: [{ token_id: 8, enhanced_method: false }] }, []],
  ["classification", { classifications: [{ token_id: 0, categories: ["IDOS"] }] }, [0]],
  [
    "our own document",
    {
      kind: "mine",
      tokens: [
        { id: 7, verdict: "glitch" },
        { id: 6, verdict: "normal" },
      ],
    },
    [7],
  ],
])("reads ids from %s", (_, file, ids) => {
  expect(readGlitcherIds(file)).toEqual(ids);
});

test.each([
  [null],
  [42],
  ["x"],
  [{}],
  [{ glitch_tokens: ["a"] }],
  [{ tokens: [{ name: 1 }] }],
  [[1.5]],
  [[-1]],
  [[{}]],
])("refuses %j", (file) => {
  expect(() => readGlitcherIds(file)).toThrow(expect.objectContaining({ code: "DATA_UNAVAILABLE" }));
});

test("writes glitches once, both lists in step", () => {
  const tokens = [
    { id: 4, text: "▁a", verdict: "glitch" },
    { id: 9, text: "b", verdict: "glitch" },
    { id: 1, text: "c", verdict: "normal" },
  ];
  const result = {
    model: { name: "m", path: "/m.gguf" },
    tokens,
    seconds: 2.5,
    counts: { tested: 17 },
  } as unknown as MineResult;
  const written = toGlitcherMine(result);
  expect(written).toEqual({
    model_path: "/m.gguf",
    glitch_tokens: ["▁a", "b"],
    glitch_token_ids: [4, 9],
    total_iterations: 3,
    runtime_seconds: 2.5,
  });
  expect(readGlitcherIds(written)).toEqual([4, 9]);
});
