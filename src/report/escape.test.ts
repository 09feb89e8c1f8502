import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeHtml, scriptJson } from "./escape.ts";

// Characters that matter to HTML, mixed with any other, lone surrogates included.
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom("<", ">", "&", '"', "'", "/", "!", "-", "script", "\u202e", "\u0000", "\u2028", "\ud800"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
});

describe("escapeHtml", () => {
  it("leaves nothing that could start markup, end an attribute or turn the direction", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\p{Cf}\p{Cs}]|&(?!amp;|lt;|gt;|quot;|#39;)/u);
      }),
    );
  });

  it("keeps ordinary text of any language", () => {
    expect(escapeHtml("▁naïve 日本 שלום a\nb")).toBe("▁naïve 日本 שלום a\nb");
    expect(escapeHtml("a\u202eb")).toBe("a\\u{202e}b");
  });
});

describe("scriptJson", () => {
  it("reads back as what went in, without any character that could end the element", () => {
    fc.assert(
      fc.property(fc.dictionary(hostile, fc.array(hostile)), (value) => {
        const text = scriptJson(value);
        expect(text).not.toContain("<");
        // Not toEqual: it takes {__proto__: …} for an object without keys.
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("writes the end of a script as data", () => {
    expect(scriptJson("</script><!--")).toBe('"\\u003c/script>\\u003c!--"');
  });
});
