import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleToken } from "./visible-token.ts";

const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]*$/u;

describe("visibleToken", () => {
  it.each([
    [" fox", "▁fox"],
    ["   ", "▁▁▁"],
    ["a b ", "a b▁"],
    ["", ""],
    ["\u001b[31m", "\\x1b[31m"],
    ["\0", "\\x00"],
    ["\n\t\r", "\\n\\t\\r"],
    ["\\n", "\\\\n"],
    ["▁", "\\u{2581}"],
    ["\u202eabc\u202c", "\\u{202e}abc\\u{202c}"],
    ["\u009b", "\\u{9b}"],
    ["\ud800x", "\\u{d800}x"],
    ["\u0301a\u0301", "\\u{301}a\u0301"],
    ["\u00a0\u3000\u200b\u3164\u2800", "\\u{a0}\\u{3000}\\u{200b}\\u{3164}\\u{2800}"],
    ["\u{e0041}", "\\u{e0041}"],
    ["</script>", "</script>"],
    ["狐", "狐"],
  ])("shows %j as %j", (token, shown) => {
    expect(visibleToken(token)).toBe(shown);
  });

  it.each([
    [[0xff], "\\xff"],
    [[0x20, 0xe7, 0x8b], "▁\\xe7\\x8b"],
    [[0xc0, 0x80], "\\xc0\\x80"],
    [[0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
    [[0xef, 0xbb, 0xbf], "\\u{feff}"],
    [[0x61, 0xcc, 0x81], "a\u0301"],
    [[0xf0, 0x9f, 0xa6, 0x8a], "🦊"],
  ])("shows bytes %j as %s", (bytes, shown) => {
    expect(visibleToken(Uint8Array.from(bytes))).toBe(shown);
  });

  const anyText = fc.string({ unit: fc.oneof(fc.constantFrom(..." ▁\\nx1b{}\u202e\n\u0301"), anyUnit()) });

  it("prints nothing but printable characters, whatever it is given", () => {
    fc.assert(fc.property(anyText, (text) => void expect(visibleToken(text)).toMatch(PRINTABLE)));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect(visibleToken(bytes)).toMatch(PRINTABLE)));
  });

  it("never shows two tokens alike", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        const same = Buffer.compare(a, b) === 0;
        expect(visibleToken(a) === visibleToken(b)).toBe(same);
      }),
    );
    fc.assert(
      fc.property(anyText, anyText, (a, b) => void expect(visibleToken(a) === visibleToken(b)).toBe(a === b)),
    );
  });

  it("shows text and its bytes alike", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (!isWellFormed(text)) return;
        expect(visibleToken(new TextEncoder().encode(text))).toBe(visibleToken(text));
      }),
    );
  });
});

/** Any UTF-16 unit, lone surrogates included. */
function anyUnit() {
  return fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
}

function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
