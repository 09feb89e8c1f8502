import fc from "fast-check";
import { expect, it } from "vitest";
import { setSetting } from "./set-setting.ts";

it.each([
  ['{"model": "a"}', '{"model": "b"}'],
  ['{\n  "seed": 1\n}\n', '{\n  "model": "b",\n  "seed": 1\n}\n'],
  ["{}", '{\n  "model": "b"\n}'],
  ["{ }\n", '{\n  "model": "b"\n}\n'],
  ['{"seed":1}', '{"model": "b", "seed":1}'],
  [
    '{\n\t"seed": 1,\n\t"model" :\t"a\\"}" ,\n\t"gpu": "off"}',
    '{\n\t"seed": 1,\n\t"model" :\t"b" ,\n\t"gpu": "off"}',
  ],
  ['{"x": {"model": "a"}, "model": "a"}', '{"x": {"model": "a"}, "model": "b"}'],
  ['{"model": "a", "model": "c"}', '{"model": "a", "model": "b"}'],
  ['{"x": "model", "y": ["model", "a"]}', '{"model": "b", "x": "model", "y": ["model", "a"]}'],
])("%s", (before, after) => {
  expect(setSetting(before, "model", "b")).toBe(after);
});

it("changes that key and nothing else, in any object however it is written", () => {
  const spaces = fc.constantFrom(undefined, 1, 2, 4, "\t");
  const key = fc.constantFrom("model", "seed", "x", "mo\\del", '"', "{", "mod\u0065l");
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), spaces, fc.string(), (object, indent, value) => {
      const text = JSON.stringify(object, null, indent);
      expect(JSON.parse(setSetting(text, "model", value))).toEqual({ ...JSON.parse(text), model: value });
    }),
  );
});

it("leaves order and spaces as they were", () => {
  const text = '{\n   "gpu":"off",\n\n      "model":"a"  ,\n "seed" : 3 }\n\n';
  expect(setSetting(text, "model", "lab")).toBe(text.replace('"a"', '"lab"'));
});
