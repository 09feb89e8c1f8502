import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./json-shape.ts";

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((child) => depthOf(child)))
    : 0;

describe("parseJson", () => {
  it("gives what JSON.parse gives, for any JSON that is not too deep", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const plain = JSON.parse(text);
        fc.pre(!text.includes("__proto__"));
        if (depthOf(plain) > 6) expect(() => parseJson(text, 6)).toThrow(/more than 6 levels/);
        else expect(parseJson(text, 6)).toEqual(plain);
      }),
    );
  });

  it("throws USAGE or gives a value, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}":,0a\\]*$/)), (text) => {
        try {
          parseJson(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "USAGE" });
        }
      }),
    );
  });

  it("stands any depth, and any width within a second", () => {
    const deep = 1_000_000;
    expect(() => parseJson("[".repeat(deep) + "]".repeat(deep))).toThrow(/100 levels/);
    expect(() => parseJson(`${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`)).toThrow(/100 levels/);
    expect(parseJson(`[${"{},".repeat(500_000)}{}]`)).toHaveLength(500_001);
    expect(parseJson("[".repeat(100) + "]".repeat(100))).toBeDefined();
  });

  it("takes no __proto__, however it is written, but such a text", () => {
    const prototype = '{"a": [{"__proto__": {"admin": true}}]}';
    expect(() => parseJson(prototype)).toThrow(/__proto__/);
    expect(() => parseJson(prototype.replace("__p", "\\u005f_p"))).toThrow(/__proto__/);
    expect(parseJson('{"a": "__proto__"}')).toEqual({ a: "__proto__" });
    expect(JSON.stringify(parseJson('{"constructor":{"prototype":1}}'))).toBe(
      '{"constructor":{"prototype":1}}',
    );
  });

  it("takes the last of two keys, as JavaScript does", () => {
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2 });
  });
});
