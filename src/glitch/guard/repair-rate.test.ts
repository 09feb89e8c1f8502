import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { toyVocabulary } from "../../engine/scripted-vocabulary.ts";
import type { TokenEvidence, Verdict } from "../evidence.ts";
import { classifyVocabulary } from "../vocabulary.ts";
import { guardVocabulary } from "./guard-vocabulary.ts";
import { measureRepair, type RepairOptions } from "./repair-rate.ts";

const tokens = toyVocabulary();
const idOf = (text: string) => tokens.findIndex((token) => token.text === text && !token.bytes);
const [OPEN, CLOSE] = [idOf("«"), idOf("»")];

/** Copies what stands between the last but one pair of marks, however many ids it has. */
function copyMarked(sequence: readonly number[]): number | undefined {
  const open = sequence.lastIndexOf(OPEN);
  const source = sequence.lastIndexOf(OPEN, open - 1);
  if (source === -1) return undefined;
  const content = sequence.slice(source + 1, sequence.indexOf(CLOSE, source));
  const said = sequence.slice(open + 1);
  if (said.some((id, index) => id !== content[index])) return undefined;
  return content[said.length] ?? CLOSE;
}

/** A measure of a scripted model that fails on some ids, with verdicts as a mine would have given them. */
async function measure(
  verdicts: Readonly<Record<string, Verdict>>,
  fails: (sequence: readonly number[], expected: number) => boolean = () => false,
  most?: number,
) {
  const glitches = Object.keys(verdicts)
    .filter((text) => verdicts[text] === "glitch")
    .map(idOf);
  const model = createScriptedModel({
    expected: copyMarked,
    fails: (sequence, expected) => glitches.includes(expected) || fails(sequence, expected),
  });
  const vocabulary = await classifyVocabulary(model);
  const evidence = vocabulary.candidates.map((id) => {
    const verdict = verdicts[tokens[id]!.text] ?? "normal";
    return { id, text: tokens[id]!.text, class: "normal", verdict } as unknown as TokenEvidence;
  });
  const options: RepairOptions = {
    model,
    vocabulary,
    guardVocabulary: guardVocabulary(model, vocabulary),
    result: { tokens: evidence },
    seed: 1,
    most,
  };
  return measureRepair(options);
}

describe("the repair rate", () => {
  it("counts texts that come back in other pieces, and drops prompts that ordinary texts fail", async () => {
    const { summary, texts, broken } = await measure({ " cat": "glitch", " dog": "glitch" });
    // This model copies between « and » alone.
    expect(summary.keptPrompts).toEqual(["hand-back", "write-again"]);
    expect(summary.prompts.filter(({ kept }) => !kept).map(({ passRate }) => passRate)).toEqual([0, 0]);
    expect(summary.unguarded.repaired).toMatchObject({ hits: 0, of: 2 });
    expect(summary.guarded.repaired).toMatchObject({ hits: 2, of: 2, estimate: 1 });
    expect(summary.withByteTokens.repaired.of).toBe(0);
    expect(texts.map(({ pieces }) => pieces)).toEqual([
      [idOf(" "), idOf("cat")],
      [idOf(" "), idOf("dog")],
    ]);
    expect(broken).toEqual([]);
  });

  it("names the piece that does not work", async () => {
    const dog = idOf("dog");
    const { broken, summary } = await measure({ " cat": "glitch", " dog": "glitch" }, (_, id) => id === dog);
    expect(summary.guarded.repaired.hits).toBe(1);
    expect(broken).toMatchObject([{ id: idOf(" dog"), reasons: ["weak-piece"] }]);
  });

  it("says that byte tokens are needed and do not work", async () => {
    const isByte = (id: number) => tokens[id]!.kind === "byte";
    const { broken, summary, texts } = await measure({ "→": "glitch", " cat": "glitch" }, (_, id) =>
      isByte(id),
    );
    expect(texts.find(({ text }) => text === "→")).toMatchObject({ byteTokens: 3 });
    expect(summary.withByteTokens.repaired).toMatchObject({ hits: 0, of: 1 });
    expect(summary.withoutByteTokens.repaired).toMatchObject({ hits: 1, of: 1 });
    expect(broken).toMatchObject([{ reasons: ["byte-token"] }]);
  });

  it("prefers pieces that are not uncertain, and says so where there are none", async () => {
    const { texts } = await measure({ " cat": "glitch", cat: "uncertain" });
    expect(texts[0]!.pieces).toEqual([..." cat"].map(idOf));
    const isC = (_: readonly number[], id: number) => id === idOf("c");
    const { broken } = await measure({ " cat": "glitch", cat: "glitch", c: "uncertain" }, isC);
    expect(broken[0]!.reasons).toContain("uncertain-piece");
  });

  it("asks about a sample and still bans all", async () => {
    const all = { " cat": "glitch", " dog": "glitch", cat: "glitch" } as const;
    for (const most of [1, 2]) {
      const { texts, summary } = await measure(all, undefined, most);
      expect(summary.guarded.repaired.of).toBe(most);
      for (const { pieces } of texts) expect(pieces).not.toContain(idOf("cat"));
    }
  });

  it("is the same again", async () => {
    const once = await measure({ " cat": "glitch", "→": "glitch" });
    expect(await measure({ " cat": "glitch", "→": "glitch" })).toEqual(once);
  });

  it("says nothing where there is nothing to say", async () => {
    const { summary, texts } = await measure({});
    expect(texts).toEqual([]);
    expect(summary.guarded.repaired).toMatchObject({ hits: 0, of: 0, low: 0, high: 1 });
    expect(summary.keptPrompts).toEqual([]);
  });
});
