import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestKeys, isKnownKey, keyOf } from "./api-keys.ts";

const key = fc.stringMatching(/^[\x21-\x7e]{1,64}$/);
const headers = (given: Record<string, string>) => (name: string) => given[name];

describe("keys", () => {
  it("are known if and only if they are one of those given", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 5 }), key, (keys, other) => {
        const digests = digestKeys(keys);
        for (const it of keys) expect(isKnownKey(it, digests)).toBe(true);
        expect(isKnownKey(other, digests)).toBe(keys.includes(other));
      }),
    );
  });

  it("are found in both headers, as clients write them", () => {
    fc.assert(
      fc.property(key, (it) => {
        expect(keyOf(headers({ authorization: `Bearer ${it}` }))).toBe(it);
        expect(keyOf(headers({ authorization: `bearer  ${it} ` }))).toBe(it);
        expect(keyOf(headers({ "x-api-key": it }))).toBe(it);
      }),
    );
  });

  it("are not made of anything else", () => {
    for (const authorization of ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearerabc"])
      expect(keyOf(headers({ authorization })), authorization).toBeUndefined();
    expect(keyOf(headers({ "x-api-key": " " }))).toBeUndefined();
  });
});
