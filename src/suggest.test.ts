import { expect, it } from "vitest";
import { suggest } from "./suggest.ts";

it.each([
  ["iteratons", "iterations"],
  ["thraeds", "threads"],
  ["ASSAY_THREDS", undefined],
  ["sed", "seed"],
  ["zzz", undefined],
])("for %s proposes %s", (word, expected) => {
  expect(suggest(word, ["iterations", "threads", "seed"])).toBe(expected);
});
