// Laws of the guard: the same bytes, never a banned id, nothing left to do the second time, and the best
// segmentation there is. Ids come from a tokenizer over arbitrary Unicode, or are arbitrary themselves.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../../src/engine/index.ts";
import {
  alignText,
  classifyVocabulary,
  createGuard,
  type GuardVocabulary,
  guardVocabulary,
  type PieceUse,
} from "../../src/glitch/index.ts";
import { PIECE_TYPE, readSentencePiece } from "../../src/models/convert/sentencepiece.ts";

const bytesOf = ({ bytes }: GuardVocabulary, ids: readonly number[]) =>
  Buffer.concat(ids.map((id) => bytes[id]!)).toString("hex");

/** What must hold for any vocabulary, any banned ids and any sequence. */
function checkLaws(
  vocabulary: GuardVocabulary,
  {
    banned,
    avoid = [],
    ids,
  }: { banned: readonly number[]; avoid?: readonly number[]; ids: readonly number[] },
) {
  const guard = createGuard({ vocabulary, banned, avoid });
  const { ids: result, replaced, unrepaired } = guard.rewrite(ids);
  expect(bytesOf(vocabulary, result)).toBe(bytesOf(vocabulary, ids));

  const isBanned = new Set(banned);
  expect(result.filter((id) => isBanned.has(id))).toEqual(unrepaired.map(({ id }) => id));
  for (const { after } of replaced)
    for (const id of after) {
      expect(isBanned.has(id)).toBe(false);
      expect(vocabulary.uses[id]).not.toBe("none");
    }

  // Putting the replacements into the sequence gives the result: what is not named is untouched.
  const patched = [...ids];
  for (const { start, end, before, after } of [...replaced].reverse())
    expect(patched.splice(start, end - start, ...after)).toEqual(before);
  expect(patched).toEqual(result);
  expect(replaced.flatMap(({ before }) => before).length + unrepaired.length).toBe(guard.scan(ids).length);

  const again = guard.rewrite(result);
  expect(again.ids).toEqual(result);
  expect(again.replaced).toEqual([]);
  if (banned.length === 0) expect(result).toEqual(ids);
}

/** Text of all kinds: any code point, lone surrogates, emoji, marks, right-to-left, NUL, SentencePiece's own mark. */
const anyText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(" cat", " dog", " window", "water", " quick", "«", "\n", "=") },
      { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
      { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 4 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "\0",
          "\ud800",
          "\udc00x",
          "👩‍👩‍👧",
          "e\u0301\u0327",
          "שלום",
          "مرحبا",
          "\u202e",
          "▁",
          "\ufeff",
        ),
      },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

describe("with an invented tokenizer", async () => {
  const model = createScriptedModel();
  const vocabulary = guardVocabulary(model, await classifyVocabulary(model));
  const anyId = fc.nat({ max: model.info.vocabulary - 1 });

  it("keeps arbitrary Unicode text", async () => {
    const property = fc.asyncProperty(
      anyText,
      fc.uniqueArray(anyId, { maxLength: 60 }),
      fc.uniqueArray(anyId, { maxLength: 20 }),
      async (text, banned, avoid) => {
        const ids = await model.tokenize(text, { continuation: true });
        checkLaws(vocabulary, { banned, avoid, ids });
        const { ids: result } = createGuard({ vocabulary, banned }).rewrite(ids);
        // A lone surrogate is no text in any encoding: it counts as U+FFFD, here as in the tokenizer.
        expect(bytesOf(vocabulary, result)).toBe(Buffer.from(text).toString("hex"));
        expect(alignText(text, result, vocabulary)).toBeDefined();
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });

  it("changes nothing when nothing is banned", () => {
    fc.assert(fc.property(fc.array(anyId), (ids) => checkLaws(vocabulary, { banned: [], ids })));
  });
});

/** Pieces over two letters, with byte tokens and controls in between. */
const anyVocabulary = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }), {
    minLength: 2,
    maxLength: 12,
  })
  .chain((texts) =>
    fc.record({
      texts: fc.constant(texts),
      uses: fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.constant<PieceUse>("piece") },
          { weight: 1, arbitrary: fc.constantFrom<PieceUse>("byte", "none") },
        ),
        { minLength: texts.length, maxLength: texts.length },
      ),
      scores: fc.array(fc.integer({ min: -9, max: 0 }), { minLength: texts.length, maxLength: texts.length }),
      isBanned: fc.array(fc.boolean(), { minLength: texts.length, maxLength: texts.length }),
      isAvoided: fc.array(fc.boolean(), { minLength: texts.length, maxLength: texts.length }),
      ids: fc.array(fc.nat({ max: texts.length - 1 }), { maxLength: 5 }),
    }),
  )
  .map(({ texts, uses, scores, isBanned, isAvoided, ids }) => {
    const bytes = texts.map((text) => new TextEncoder().encode(text));
    const chosen = (flags: readonly boolean[]) => texts.flatMap((_, id) => (flags[id] ? [id] : []));
    return {
      vocabulary: { bytes, uses, scores },
      texts,
      banned: chosen(isBanned),
      avoid: chosen(isAvoided),
      ids,
    };
  });

describe("with any vocabulary", () => {
  it("keeps the laws", () => {
    fc.assert(
      fc.property(anyVocabulary, ({ vocabulary, ...rest }) => checkLaws(vocabulary, rest)),
      { numRuns: 2_000 },
    );
  });

  it("finds the best of all segmentations", () => {
    fc.assert(
      fc.property(anyVocabulary, ({ vocabulary, texts, banned, avoid, ids }) => {
        const isBanned = new Set(banned);
        const costOf = (path: readonly number[]) => [
          path.filter((id) => vocabulary.uses[id] === "byte").length,
          path.filter((id) => vocabulary.uses[id] === "piece" && avoid.includes(id)).length,
          path.length,
          -path.reduce((sum, id) => sum + vocabulary.scores[id]!, 0),
        ];
        /** Every way to write a text, without any cleverness. */
        const ways = (text: string): number[][] =>
          text === ""
            ? [[]]
            : texts.flatMap((piece, id) =>
                text.startsWith(piece) && vocabulary.uses[id] !== "none" && !isBanned.has(id)
                  ? ways(text.slice(piece.length)).map((rest) => [id, ...rest])
                  : [],
              );
        const { replaced, unrepaired } = createGuard({ vocabulary, banned, avoid }).rewrite(ids);
        for (const { before, after } of replaced) {
          const costs = ways(before.map((id) => texts[id]).join("")).map(costOf);
          expect(costOf(after)).toEqual(costs.sort(compareCosts)[0]);
        }
        for (const { id } of unrepaired) expect(ways(texts[id]!)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

function compareCosts(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}

const mixtral = fileURLToPath(new URL("../../../shared/data/mixtral/tokenizer.model", import.meta.url));

describe.skipIf(!existsSync(mixtral))("with Mixtral's vocabulary", async () => {
  // The body runs even where the tests are skipped.
  const { pieces } = existsSync(mixtral) ? await readSentencePiece(mixtral) : { pieces: [] };
  const text = (piece: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(piece);
  const byteOf = (piece: Uint8Array) => Number.parseInt(text(piece).slice(3, 5), 16);
  const vocabulary: GuardVocabulary = {
    bytes: pieces.map(({ text: piece, type }) => {
      if (type === PIECE_TYPE.byte) return Uint8Array.of(byteOf(piece));
      return type === PIECE_TYPE.normal
        ? new TextEncoder().encode(text(piece).replaceAll("▁", " "))
        : new Uint8Array();
    }),
    uses: pieces.map(({ type }) =>
      type === PIECE_TYPE.byte ? "byte" : type === PIECE_TYPE.normal ? "piece" : "none",
    ),
    scores: pieces.map(({ score }) => score),
  };

  it("keeps the laws, and needs nothing but byte tokens at the worst", () => {
    const anyId = fc.nat({ max: 31_999 });
    fc.assert(
      fc.property(
        fc.array(anyId, { maxLength: 60 }),
        fc.uniqueArray(anyId, { maxLength: 400 }),
        (ids, banned) => {
          checkLaws(vocabulary, { banned: [...banned, ...ids.slice(0, 3)], ids });
          const normal = banned.filter((id) => vocabulary.uses[id] === "piece");
          const { unrepaired } = createGuard({ vocabulary, banned: normal }).rewrite(normal);
          expect(unrepaired).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });
});
