import fc from "fast-check";
import { expect, test } from "vitest";
import { readWordList, WORD_LIST_BYTES } from "./word-list.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("reads words of any system's lines, without order mark, blanks and repetitions", () => {
  const list = readWordList(bytes("\ufefftroponin\r\n\r\n  atrial fibrillation \r\ntroponin\nnaïve\rend"));
  expect(list).toEqual([
    { line: 1, text: "troponin" },
    { line: 3, text: "atrial fibrillation" },
    { line: 5, text: "naïve" },
    { line: 6, text: "end" },
  ]);
});

test.each([
  ["has no words", bytes("")],
  ["has no words", bytes("\ufeff \r\n\t\n")],
  ["null bytes", Uint8Array.of(0xff, 0xfe, 0x61, 0x00)],
  ["no UTF-8", Uint8Array.of(0x61, 0xff)],
  ["no UTF-8", bytes("café").subarray(0, 4)],
  ["at 2", bytes(`word\n${"x".repeat(1_001)}`)],
  ["larger than 4 MiB", new Uint8Array(WORD_LIST_BYTES + 1).fill(0x61)],
  ["50001 words", bytes(Array.from({ length: 50_001 }, (_, i) => `w${i}`).join("\n"))],
])("refuses what is no list: %s", (why, content) => {
  expect(() => readWordList(content, "words.txt")).toThrow(
    expect.objectContaining({ code: "DATA_UNAVAILABLE", message: expect.stringContaining(why) }),
  );
});

test("never fails but in the way it says, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      try {
        for (const { line, text } of readWordList(content)) {
          expect(line).toBeGreaterThan(0);
          expect(text).toBe(text.trim());
          expect(text).not.toBe("");
        }
      } catch (error) {
        expect(error).toMatchObject({ code: "DATA_UNAVAILABLE" });
      }
    }),
  );
});
