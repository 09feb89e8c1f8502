import { describe, expect, it } from "vitest";
import { alignText } from "./align-text.ts";

/** One id a byte: the alignment knows nothing of pieces. */
const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
const idsOf = (text: string) => [...new TextEncoder().encode(text)];

describe("alignText", () => {
  it("tells byte, line and column", () => {
    const text = "ä b\nßc d";
    const places = alignText(text, idsOf(text), { bytes })!;
    expect(places.placeOf(0)).toEqual({ byte: 0, line: 1, column: 1 });
    expect(places.placeOf(3)).toEqual({ byte: 3, line: 1, column: 3 });
    expect(places.placeOf(7)).toEqual({ byte: 7, line: 2, column: 2 });
    // Back again: counting must not go on from a later place.
    expect(places.placeOf(5)).toEqual({ byte: 5, line: 2, column: 1 });
  });

  it("leaves out the space that SentencePiece puts before a text", () => {
    const places = alignText("ab", idsOf(" ab"), { bytes })!;
    expect(places.placeOf(0)).toEqual({ byte: 0, line: 1, column: 1 });
    expect(places.placeOf(2)).toEqual({ byte: 1, line: 1, column: 2 });
  });

  it("counts a real U+2581 as the space that it becomes", () => {
    const places = alignText("▁a▁b", idsOf(" a b"), { bytes })!;
    expect(places.placeOf(1)).toEqual({ byte: 3, line: 1, column: 2 });
    expect(places.placeOf(3)).toEqual({ byte: 7, line: 1, column: 4 });
  });

  it("gives no places for a tokenizer that changes the text", () => {
    expect(alignText("Äb", idsOf("äb"), { bytes })).toBeUndefined();
    expect(alignText("ab", idsOf("a b b"), { bytes })).toBeUndefined();
    expect(alignText("ab", idsOf("xab"), { bytes })).toBeUndefined();
  });
});
