import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTextStream } from "./text-stream.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Feeds text in pieces of the given byte lengths, as tokens would. */
function feed(text: string, lengths: readonly number[], stop: readonly string[]) {
  const stream = createTextStream(stop);
  const all = bytes(text);
  let shown = "";
  let at = 0;
  let turn = 0;
  while (at < all.length) {
    const end = at + Math.max(1, lengths[turn++ % lengths.length] ?? 1);
    const part = stream.push(all.subarray(at, end));
    shown += part.text;
    if (part.stopped) return { shown: shown + stream.flush(), stopped: true, text: stream.text };
    at = end;
  }
  return { shown: shown + stream.flush(), stopped: false, text: stream.text };
}

describe("createTextStream", () => {
  it("gives the same text whatever the cuts", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        (text, cuts) => {
          const result = feed(text, cuts, ["\u0000never"]);
          expect(result.shown).toBe(text);
          expect(result.text).toBe(text);
        },
      ),
    );
  });

  it("ends before the first stop string, wherever tokens are cut", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "#") }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
        (text, cuts) => {
          const result = feed(text, cuts, ["##", "ab"]);
          const at = Math.min(...["##", "ab"].map((s) => text.indexOf(s)).filter((i) => i >= 0));
          expect(result.stopped).toBe(Number.isFinite(at));
          expect(result.shown).toBe(Number.isFinite(at) ? text.slice(0, at) : text);
        },
      ),
    );
  });

  it("holds half a character back until it is whole", () => {
    const stream = createTextStream();
    const [first, ...rest] = bytes("é");
    expect(stream.push(Uint8Array.of(first!)).text).toBe("");
    expect(stream.push(Uint8Array.from(rest)).text).toBe("é");
  });
});
