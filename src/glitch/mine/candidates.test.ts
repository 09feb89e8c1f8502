import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScriptedModel } from "../../engine/scripted-model.ts";
import { toyVocabulary } from "../../engine/scripted-vocabulary.ts";
import { scriptedIndicators } from "../../testing/scripted-mine.ts";
import { classifyVocabulary } from "../vocabulary.ts";
import {
  CANDIDATE_MODES,
  type CandidateChoice,
  type CandidateSource,
  checkCandidates,
  chooseCandidates,
} from "./candidates.ts";

const FOREIGN = ["привет", " мир", "漢字", "かな", "سلام", "…", "  ", "\t\n", "café", "😀", "ελ"];
const model = createScriptedModel({ tokens: [...toyVocabulary(), ...FOREIGN.map((text) => ({ text }))] });
const vocabulary = await classifyVocabulary(model);
const indicators = await scriptedIndicators(model, [])({ unused: vocabulary.knownUnused, seed: 1 });
const source: CandidateSource = { vocabulary, indicators, seed: 3 };
const choose = (choice: CandidateChoice, from: Partial<CandidateSource> = {}) =>
  chooseCandidates(choice, { ...source, ...from });
const textsOf = (ids: readonly number[]) => ids.map((id) => vocabulary.texts[id]);
const ALL = { rate: 1, most: 1_000_000 };

const rate = fc.double({ min: 0.01, max: 1, noNaN: true });
const most = fc.integer({ min: 1, max: 400 });
const seed = fc.nat({ max: 1_000 });
const choices: fc.Arbitrary<CandidateChoice> = fc.oneof(
  fc.constant({ mode: "entropy" as const }),
  fc.record({
    mode: fc.constant("range" as const),
    start: fc.nat(400),
    end: fc.integer({ min: 401, max: 900 }),
    rate,
    most,
  }),
  fc.record({ mode: fc.constantFrom("unicode" as const, "special" as const), rate, most }),
  fc.record({ mode: fc.constant("stratified" as const), size: most, seed }),
  fc.record({
    mode: fc.constant("category" as const),
    group: fc.constantFrom("cjk" as const, "arabic" as const, "cyrillic" as const),
    size: fc.option(most, { nil: null }),
    seed,
  }),
);

/** The ids of a choice, or none where it refuses for want of any. */
function idsOf(choice: CandidateChoice): number[] {
  try {
    return choose(choice);
  } catch (error) {
    expect(error).toMatchObject({ code: "USAGE" });
    return [];
  }
}

test("every mode gives ids of its kind, ascending, once each, the same every time", () => {
  fc.assert(
    fc.property(choices, (choice) => {
      checkCandidates(choice);
      const ids = idsOf(choice);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      expect(idsOf(choice)).toEqual(ids);
      for (const id of ids) expect(vocabulary.classes[id] === "normal").toBe(choice.mode !== "special");
      if (choice.mode === "range")
        expect(ids.every((id) => id >= choice.start && id < choice.end)).toBe(true);
      if (choice.mode === "range") expect(ids.length).toBeLessThanOrEqual(choice.most);
      if (choice.mode === "stratified")
        expect(ids).toHaveLength(Math.min(choice.size, vocabulary.candidates.length));
    }),
  );
});

test("a higher rate or cap keeps what a lower one kept", () => {
  fc.assert(
    fc.property(rate, rate, most, (a, b, cap) => {
      const range = { mode: "range", start: 0, end: 1_000 } as const;
      const few = idsOf({ ...range, rate: Math.min(a, b), most: 1_000 });
      const many = new Set(idsOf({ ...range, rate: Math.max(a, b), most: 1_000 }));
      expect(few.every((id) => many.has(id))).toBe(true);
      const capped = idsOf({ ...range, rate: 1, most: cap });
      const wider = new Set(idsOf({ ...range, rate: 1, most: cap + 5 }));
      expect(capped.every((id) => wider.has(id))).toBe(true);
    }),
  );
});

describe("modes", () => {
  test("entropy is every normal token, and a range at rate 1 those between its ends, the end left out", () => {
    expect(choose({ mode: "entropy" })).toEqual(vocabulary.candidates);
    const [from, to] = [vocabulary.candidates[10]!, vocabulary.candidates[20]!];
    const range = choose({ mode: "range", start: from, end: to, ...ALL });
    expect(range).toEqual(vocabulary.candidates.slice(10, 20));
  });

  test("unicode goes by the characters of texts, script by script, and never by ids", () => {
    const all = textsOf(choose({ mode: "unicode", ...ALL }));
    expect(all).toEqual(
      expect.arrayContaining(["привет", "漢字", "かな", "سلام", "…", "café", "😀", "ελ", "→"]),
    );
    expect(all.every((text) => [...text!].some((character) => character.codePointAt(0)! > 0x7f))).toBe(true);
    // One of each script: two are Cyrillic.
    expect(choose({ mode: "unicode", rate: 1, most: 1 }).length).toBeLessThan(all.length);
  });

  test("special takes some of each class that is not normal", () => {
    const ids = choose({ mode: "special", rate: 1, most: 3 });
    const classes = ids.map((id) => vocabulary.classes[id]);
    expect(new Set(classes)).toEqual(new Set(["control", "byte", "unused", "undecodable", "unreachable"]));
    expect(classes.filter((name) => name === "byte")).toHaveLength(3);
  });

  test.each([
    ["cjk", ["漢字", "かな"]],
    ["arabic", ["سلام"]],
    ["cyrillic", ["привет", " мир"]],
    ["punctuation", ["…"]],
  ] as const)("category %s finds its characters", (group, wanted) => {
    expect(textsOf(choose({ mode: "category", group, size: null, seed: 0 })).sort()).toEqual(
      [...wanted].sort(),
    );
  });

  test("category whitespace is texts that are all blank; a size caps it by the seed", () => {
    const blank = textsOf(choose({ mode: "category", group: "whitespace", size: null, seed: 0 }));
    expect(blank).toContain("  ");
    expect(blank.every((text) => text!.trim() === "")).toBe(true);
    expect(choose({ mode: "category", group: "whitespace", size: 2, seed: 0 })).toHaveLength(2);
  });

  test("stratified reaches every kind of token with few, and needs no weights", () => {
    const texts = textsOf(choose({ mode: "stratified", size: 60, seed: 0 }, { indicators: undefined }));
    expect(texts.some((text) => text!.trim() === "")).toBe(true);
    expect(texts.some((text) => /^\p{P}+$/u.test(text!))).toBe(true);
    expect(texts.some((text) => /^\d$/.test(text!))).toBe(true);
    expect(texts.some((text) => text!.trim().length >= 7)).toBe(true);
  });

  test("a choice that leaves nothing is refused, with what there is", () => {
    expect(() => choose({ mode: "range", start: 90_000, end: 90_001, ...ALL })).toThrow(
      expect.objectContaining({
        code: "USAGE",
        hint: expect.stringContaining(`${vocabulary.classes.length} ids`),
      }),
    );
  });
});

test.each([
  { mode: "range", start: 5, end: 5, ...ALL },
  { mode: "range", start: -1, end: 5, ...ALL },
  { mode: "range", start: 0.5, end: 5, ...ALL },
  { mode: "range", start: 0, end: Number.NaN, ...ALL },
  { mode: "unicode", rate: 0, most: 5 },
  { mode: "unicode", rate: 1.1, most: 5 },
  { mode: "special", rate: Number.NaN, most: 5 },
  { mode: "special", rate: 1, most: 0 },
  { mode: "stratified", size: 0, seed: 0 },
  { mode: "category", group: "klingon", size: null, seed: 0 },
  { mode: "category", group: "toString", size: null, seed: 0 },
  { mode: "all" },
])("refuses %j", (choice) => {
  expect(() => checkCandidates(choice as CandidateChoice)).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
});

test("knows its modes", () => {
  for (const mode of CANDIDATE_MODES)
    expect(() => checkCandidates({ mode } as CandidateChoice)).not.toThrow();
});
