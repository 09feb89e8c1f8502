import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenKind } from "../language-model.ts";
import { packVocabulary, readVocabulary } from "./vocabulary-table.ts";

const kind = fc.constantFrom<TokenKind>("normal", "control", "byte", "unused", "unknown", "user");
const vocabulary = fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 12 }), kind }), { maxLength: 50 });

describe("the vocabulary's table", () => {
  it("answers for every token as the model did, on the other side of a channel", () => {
    fc.assert(
      fc.property(vocabulary, (tokens) => {
        const packed = packVocabulary(tokens.length, {
          tokenBytes: (id) => tokens[id]!.bytes,
          tokenKind: (id) => tokens[id]!.kind,
        });
        const read = readVocabulary(deserialize(serialize(packed)));
        for (const [id, token] of tokens.entries()) {
          expect([...read.tokenBytes(id)]).toEqual([...token.bytes]);
          expect(read.tokenKind(id)).toBe(token.kind);
        }
      }),
    );
  });

  it("hands out copies, and refuses ids that are none", () => {
    const read = readVocabulary(
      packVocabulary(2, { tokenBytes: () => Uint8Array.of(65), tokenKind: () => "normal" }),
    );
    read.tokenBytes(1).fill(0);
    expect([...read.tokenBytes(1)]).toEqual([65]);
    for (const id of [-1, 2, 0.5, Number.NaN])
      expect(() => read.tokenBytes(id)).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(() => read.tokenKind(2)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
