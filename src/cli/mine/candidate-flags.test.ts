import { expect, it } from "vitest";
import { CANDIDATE_MODES, CATEGORY_GROUPS } from "../../glitch/index.ts";
import { GROUP_NAMES, MODE_NAMES, readCandidateFlags } from "./candidate-flags.ts";

it("knows the modes and groups that the search knows", () => {
  expect(MODE_NAMES).toEqual([...CANDIDATE_MODES]);
  expect(GROUP_NAMES).toEqual(Object.keys(CATEGORY_GROUPS));
});

it("is every normal token, and silent, if nothing is asked", () => {
  expect(readCandidateFlags({})).toEqual({ choice: { mode: "entropy" }, notes: [] });
  expect(readCandidateFlags({ mode: "entropy" })).toEqual({ choice: { mode: "entropy" }, notes: [] });
});

it.each([
  [
    { mode: "range", rangeStart: 3, rangeEnd: 9 },
    { mode: "range", start: 3, end: 9, rate: 0.1, most: 100 },
  ],
  [
    { mode: "unicode", sampleRate: 1 },
    { mode: "unicode", rate: 1, most: 100 },
  ],
  [
    { mode: "special", maxTokensPerRange: 7 },
    { mode: "special", rate: 1, most: 7 },
  ],
  [
    { mode: "stratified", stratifiedSeed: 5 },
    { mode: "stratified", size: 2000, seed: 5 },
  ],
  [
    { mode: "category", categorySampleSize: 4 },
    { mode: "category", group: "cjk", size: 4, seed: 0 },
  ],
  [
    { mode: "category", categoryGroup: "arabic" },
    { mode: "category", group: "arabic", size: null, seed: 0 },
  ],
] as const)("reads %j with glitcher's defaults", (options, choice) => {
  expect(readCandidateFlags(options).choice).toEqual(choice);
});

it.each([
  [{ sampleRate: 0.5 }, "--sample-rate says nothing in --mode entropy"],
  [{ mode: "stratified", rangeStart: 1 }, "--range-start says nothing in --mode stratified"],
  [{ mode: "category", stratifiedSampleSize: 1 }, "--stratified-sample-size says nothing in --mode category"],
] as const)("says that %j has flags without meaning", (options, note) => {
  expect(readCandidateFlags(options).notes.join()).toContain(note);
});

it("says where a mode is not what glitcher calls by that name", () => {
  expect(readCandidateFlags({ mode: "unicode" }).notes.join()).toContain("characters of their texts");
  expect(readCandidateFlags({ mode: "special" }).notes.join()).toContain("not normal");
});

it("refuses a range without both ends", () => {
  expect(() => readCandidateFlags({ mode: "range", rangeStart: 3 })).toThrow(
    expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("exclusive") }),
  );
});
