// Laws of a migration, over files put together from settings, comments and noise in every quoting and line end.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findEdits, readerFor } from "../../src/migrate/find-edits.ts";
import { applyEdits, type TextEdit } from "../../src/migrate/text-edit.ts";

const OLD = [
  "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF",
  "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf",
  "models/llm_models/tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf",
  "local-tinyllama-1.1b-chat",
  "http://localhost:8000",
  "http://localhost:8000/v1",
  "2048",
];
const NAMES = [
  "DEFAULT_MODEL_REPO",
  "DEFAULT_MODEL_FILE",
  "DEFAULT_MODEL_PATH",
  "DEFAULT_CONTEXT_LENGTH",
  "model",
  "base_url",
  "api_key",
  "cache_seed",
  "config_list",
];
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...OLD) },
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...'\'|"|\'\'\'|"""|f"|\\|\\"|#|//|/*|*/|=|:|:-|,|(|)|[|]|{|}|\n|\r\n| |\t|;|$|None|null|os.getenv('.split(
        "|",
      ),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 4 }) },
);
const noise = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
const line = fc
  .tuple(
    fc.constantFrom(...NAMES),
    fc.constantFrom(" = ", ": ", "=", " : str = "),
    fc.constantFrom('"', "'", "", '"""'),
    fc.constantFrom(...OLD),
    fc.constantFrom("", "  # why", ",", "\r"),
  )
  .map(([name, sign, quote, value, end]) => `${name}${sign}${quote}${value}${quote}${end}`);
const config = fc
  .array(
    fc.dictionary(
      fc.constantFrom(...NAMES),
      fc.oneof(fc.constantFrom(...OLD, ""), fc.integer(), fc.constant(null)),
    ),
  )
  .map((entries) => JSON.stringify(entries, undefined, 2).replace("{", "{ // why"));
const source = fc.oneof(
  noise,
  fc.array(line).map((lines) => lines.join("\n")),
  config,
);
const name = fc.constantFrom("a.py", "a.json", "OAI_CONFIG_LIST", ".env", "a.yaml", "a.toml");

const find = (file: string, text: string) => findEdits(text, readerFor(file)!).edits;

/** The text with every edited span cut out. */
function outside(text: string, spans: readonly { start: number; end: number }[]): string {
  return applyEdits(
    text,
    spans.map(({ start, end }): TextEdit => ({ start, end, before: "", after: "", why: "" })),
  );
}

describe("a migration", () => {
  it("finds nothing the second time", () => {
    fc.assert(
      fc.property(name, source, (file, text) => {
        const after = applyEdits(text, find(file, text));
        expect(find(file, after)).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  it("leaves everything outside of its spans as it was, and can be taken back", () => {
    fc.assert(
      fc.property(name, source, (file, text) => {
        const edits = find(file, text);
        const after = applyEdits(text, edits);
        let shift = 0;
        const back = edits.map(({ start, before, after, why }): TextEdit => {
          const at = start + shift;
          shift += after.length - before.length;
          return { start: at, end: at + after.length, before: after, after: before, why };
        });
        expect(outside(after, back)).toBe(outside(text, edits));
        expect(applyEdits(after, back)).toBe(text);
        for (const { start, end, before } of edits) expect(text.slice(start, end)).toBe(before);
        // No line comes or goes.
        expect(after.split("\n").length).toBe(text.split("\n").length);
      }),
      { numRuns: 3_000 },
    );
  });

  it("leaves JSON as JSON: the same keys, and values changed where an edit says so", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.array(fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...OLD))),
        (any, entries) => {
          const text = JSON.stringify([JSON.parse(any), entries], undefined, 1);
          const after = applyEdits(text, find("a.json", text));
          const [kept, changed] = JSON.parse(after);
          expect(kept).toEqual(JSON.parse(any));
          expect(changed.map(Object.keys)).toEqual(entries.map(Object.keys));
        },
      ),
    );
  });
});
