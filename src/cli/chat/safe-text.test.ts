import fc from "fast-check";
import { expect, test } from "vitest";
import { safeText } from "./safe-text.ts";

test("line breaks and tabs stay, what a terminal obeys is shown as an escape", () => {
  expect(safeText("a\tb\nc")).toBe("a\tb\nc");
  expect(safeText("\u001b[2Jgone\u0007")).toBe("\\x1b[2Jgone\\x07");
  expect(safeText("\u009b31m")).toBe("\\x9b31m");
  expect(safeText("over\rwritten")).toBe("over\\x0dwritten");
  expect(safeText("of\r\nWindows")).toBe("of\nWindows");
  expect(safeText("abc\u202edef")).toBe("abc\\u{202e}def");
});

test("what people read stays as it is", () => {
  for (const text of ["Grüße", "👩‍👩‍👧", "नमस्ते", "日本語", "e\u0301", 'a "b" \\n'])
    expect(safeText(text)).toBe(text);
});

test("nothing that moves the cursor is left of any text, however it is cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, at) => {
      const whole = safeText(text.slice(0, at)) + safeText(text.slice(at));
      expect(whole).not.toMatch(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(safeText(whole)).toBe(whole);
    }),
  );
});
