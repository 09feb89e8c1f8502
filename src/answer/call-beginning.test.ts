import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseGbnf } from "../../test/support/gbnf.ts";
import { createGrammarBuilder } from "../engine/index.ts";
import { addFreeText, beginsCalls } from "./call-beginning.ts";

const builder = createGrammarBuilder();
const freeText = parseGbnf(builder.print(addFreeText(builder)));

/** Texts on and around the border: pieces of a call, cut, repeated and mixed with others. */
const borderText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        " ",
        "\n",
        "\t",
        "{",
        '"',
        '{"',
        "tool_calls",
        '"tool_calls"',
        '{"tool_calls"',
        ":",
        "[",
        "{}",
      ),
      fc.nat(12).map((length) => '"tool_calls"'.slice(0, length)),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""))
  // GBNF cannot name the character 0, and a lone surrogate is no text.
  .filter((text) => !/[\0\ud800-\udfff]/.test(text));

describe("the beginning of calls", () => {
  it.each([
    ["", undefined],
    [" \n", undefined],
    ["{", undefined],
    ['{ "tool', undefined],
    ['{"tool_calls"', true],
    ['\n { \t"tool_calls": 1', true],
    ["Yes", false],
    ['{"tool"', false],
    ['{"tool_calls2"', false],
    ['{{"tool_calls"', false],
    ['"tool_calls"', false],
    ["{}", false],
  ])("is told of %j", (text, expected) => {
    expect(beginsCalls(text)).toBe(expected);
  });

  test("is never changed by what follows, once it is certain", () => {
    fc.assert(
      fc.property(borderText, borderText, (start, more) => {
        const certain = beginsCalls(start);
        if (certain !== undefined) expect(beginsCalls(start + more)).toBe(certain);
      }),
    );
  });

  test("is what the grammar of free text keeps out, and all that it keeps out", () => {
    fc.assert(
      fc.property(borderText, (text) => {
        expect(freeText.accepts(text)).toBe(beginsCalls(text) !== true);
      }),
      { numRuns: 1000 },
    );
  });
});
