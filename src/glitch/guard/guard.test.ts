import { describe, expect, it } from "vitest";
import { createGuard } from "./guard.ts";
import type { GuardVocabulary, PieceUse } from "./guard-vocabulary.ts";

/** Pieces with their ids by position: controls in brackets, byte tokens as numbers. */
function vocabularyOf(entries: readonly (string | number)[], scores?: number[]): GuardVocabulary {
  const encoder = new TextEncoder();
  const useOf = (entry: string | number): PieceUse =>
    typeof entry === "number" ? "byte" : entry.startsWith("<") ? "none" : "piece";
  return {
    bytes: entries.map((entry) =>
      typeof entry === "number" ? Uint8Array.of(entry) : encoder.encode(entry.startsWith("<") ? "" : entry),
    ),
    uses: entries.map(useOf),
    ...(scores && { scores }),
  };
}

const bytesOf = (vocabulary: GuardVocabulary, ids: readonly number[]) =>
  ids.flatMap((id) => [...vocabulary.bytes[id]!]);

describe("a guard", () => {
  const entries = ["<s>", " skilled", " sk", "illed", " s", "k", "ill", "ed", "i", "l", "e", "d", 0x21, "!"];
  const vocabulary = vocabularyOf(entries);

  it("leaves a sequence without banned ids as it is", () => {
    const ids = [0, 1, 4, 5];
    expect(createGuard({ vocabulary, banned: [] }).rewrite(ids)).toEqual({
      ids,
      replaced: [],
      unrepaired: [],
    });
    expect(createGuard({ vocabulary, banned: [13] }).rewrite(ids).ids).toEqual(ids);
  });

  it("writes a banned id in the fewest pieces and says where", () => {
    const guard = createGuard({ vocabulary, banned: [1] });
    expect(guard.rewrite([0, 4, 1, 13])).toEqual({
      ids: [0, 4, 2, 3, 13],
      replaced: [{ start: 2, end: 3, before: [1], after: [2, 3] }],
      unrepaired: [],
    });
  });

  it("takes the better scores among as many pieces", () => {
    const entries = ["abcd", "a", "bcd", "abc", "d"];
    const low = createGuard({ vocabulary: vocabularyOf(entries, [0, -9, -9, -1, -1]), banned: [0] });
    expect(low.rewrite([0]).ids).toEqual([3, 4]);
    const high = createGuard({ vocabulary: vocabularyOf(entries, [0, -1, -1, -9, -9]), banned: [0] });
    expect(high.rewrite([0]).ids).toEqual([1, 2]);
  });

  it("writes neighbouring banned ids together", () => {
    const vocabulary = vocabularyOf(["ab", "cd", "a", "bc", "d", "b", "c"]);
    const guard = createGuard({ vocabulary, banned: [0, 1] });
    expect(guard.rewrite([0, 1]).replaced).toEqual([{ start: 0, end: 2, before: [0, 1], after: [2, 3, 4] }]);
  });

  it("uses byte tokens only where no piece fits", () => {
    const vocabulary = vocabularyOf(["é!", 0xc3, 0xa9, 0x21, "!", "é"]);
    expect(createGuard({ vocabulary, banned: [0] }).rewrite([0]).ids).toEqual([5, 4]);
    expect(createGuard({ vocabulary, banned: [0, 5] }).rewrite([0]).ids).toEqual([1, 2, 4]);
  });

  it("brings in an id to avoid only before byte tokens", () => {
    const vocabulary = vocabularyOf(["ab", "a", "b", 0x61, 0x62, "x"]);
    const avoid = [1];
    expect(createGuard({ vocabulary, banned: [0], avoid }).rewrite([0]).ids).toEqual([1, 2]);
    const richer = vocabularyOf(["abc", "ab", "c", "a", "b"]);
    expect(createGuard({ vocabulary: richer, banned: [0], avoid: [1] }).rewrite([0]).ids).toEqual([3, 4, 2]);
  });

  it("never uses control ids, whatever bytes they stand for", () => {
    const vocabulary: GuardVocabulary = {
      bytes: ["ab", "ab", "a", "b"].map((text) => new TextEncoder().encode(text)),
      uses: ["piece", "none", "piece", "piece"],
    };
    expect(createGuard({ vocabulary, banned: [0] }).rewrite([0]).ids).toEqual([2, 3]);
  });

  it("keeps what cannot be written and repairs what lies around it", () => {
    const vocabulary = vocabularyOf(["ab", 0xff, "a", "b", "<s>"]);
    const guard = createGuard({ vocabulary, banned: [0, 1, 4] });
    const { ids, replaced, unrepaired } = guard.rewrite([0, 1, 4, 0, 2]);
    expect(ids).toEqual([2, 3, 1, 4, 2, 3, 2]);
    expect(replaced.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [3, 4],
    ]);
    expect(unrepaired.map(({ id, index, text }) => [id, index, text])).toEqual([
      [1, 1, "\\xff"],
      [4, 2, "[token 4]"],
    ]);
    expect(bytesOf(vocabulary, ids)).toEqual(bytesOf(vocabulary, [0, 1, 4, 0, 2]));
  });

  it("writes neighbours together that cannot be written alone, whatever stays beside them", () => {
    const halves = vocabularyOf(["a", "b", "ab", "c"]);
    const { ids, replaced, unrepaired } = createGuard({ vocabulary: halves, banned: [0, 1, 3] }).rewrite([
      0, 1, 3, 0,
    ]);
    expect(ids).toEqual([2, 3, 0]);
    expect(replaced).toEqual([{ start: 0, end: 2, before: [0, 1], after: [2] }]);
    expect(unrepaired.map(({ index }) => index)).toEqual([2, 3]);
  });

  it("does not go over a long stretch again for each id that stays", () => {
    const halves = vocabularyOf(["a", "b", "ab", "c"]);
    const stretch = Array.from({ length: 300_000 }, (_, index) => [0, 1, 3][index % 3]!);
    const { replaced, unrepaired } = createGuard({ vocabulary: halves, banned: [0, 1, 3] }).rewrite(stretch);
    expect([replaced.length, unrepaired.length]).toEqual([100_000, 100_000]);
  });

  it("finds banned ids with their bytes", () => {
    const guard = createGuard({ vocabulary, banned: [1, 13] });
    expect(guard.scan([0, 4, 1, 13])).toEqual([
      { id: 1, index: 2, byteStart: 2, byteEnd: 10, text: "▁skilled" },
      { id: 13, index: 3, byteStart: 10, byteEnd: 11, text: "!" },
    ]);
  });

  it("refuses ids outside of the vocabulary", () => {
    const guard = createGuard({ vocabulary, banned: [1] });
    expect(() => guard.scan([99])).toThrow(/not in the vocabulary/);
    expect(() => guard.rewrite([-1])).toThrow(/not in the vocabulary/);
    expect(() => createGuard({ vocabulary, banned: [1.5] })).toThrow(/not in the vocabulary/);
    expect(() => createGuard({ vocabulary, banned: [], avoid: [14] })).toThrow(/not in the vocabulary/);
  });

  it("rewrites a long stretch in one piece of work", () => {
    const ids = new Array<number>(50_000).fill(1);
    const { replaced, unrepaired } = createGuard({ vocabulary, banned: [1] }).rewrite(ids);
    expect(unrepaired).toEqual([]);
    expect(replaced).toHaveLength(1);
    expect(replaced[0]!.after).toHaveLength(100_000);
  });
});
