import { describe, expect, it } from "vitest";
import { banFields, banList, formatBanList, readBannedIds } from "./ban-lists.ts";

const bytesOf = (id: number) => new TextEncoder().encode(` word${id}`);

describe("ban lists", () => {
  it("have the form that each server takes", () => {
    expect(banFields("openai", [9, 3])).toEqual({ logit_bias: { "3": -100, "9": -100 } });
    expect(banFields("vllm", [3])).toEqual({ logit_bias: { "3": -100 } });
    expect(banFields("llama-server", [9, 3])).toEqual({
      logit_bias: [
        [3, false],
        [9, false],
      ],
    });
  });

  it("are written one token a line and read back", () => {
    const list = banList({ name: "m", vocabulary: 20 }, [9, 3], bytesOf);
    const text = formatBanList(list);
    expect(text).toMatchInlineSnapshot(`
      "{
        "schema": 1,
        "kind": "guard-list",
        "model": "m",
        "vocabulary": 20,
        "tokens": [
          {"id":3,"text":"▁word3"},
          {"id":9,"text":"▁word9"}
        ]
      }
      "
    `);
    expect(JSON.parse(text)).toEqual(list);
    expect(readBannedIds(JSON.parse(text), (id) => `▁word${id}`)).toEqual([3, 9]);
    expect(JSON.parse(formatBanList({ ...list, tokens: [] })).tokens).toEqual([]);
  });

  it("are refused for another tokenizer", () => {
    const list = banList({ name: "m", vocabulary: 20 }, [3], bytesOf);
    expect(() => readBannedIds(list, () => "▁other")).toThrow(/not of this tokenizer/);
    const mine = {
      kind: "mine",
      model: { name: "m" },
      tokens: [{ id: 3, text: "▁word3", verdict: "glitch" }],
    };
    expect(readBannedIds(mine, (id) => `▁word${id}`)).toEqual([3]);
    expect(() => readBannedIds(mine, () => "▁other")).toThrow(/not of this tokenizer/);
    expect(() => readBannedIds({ nothing: 1 })).toThrow(/no list of token ids/);
  });

  it("may be plain ids or glitcher's file", () => {
    expect(readBannedIds([5, 5, 2], () => "any")).toEqual([2, 5]);
    expect(readBannedIds({ glitch_tokens: ["a"], glitch_token_ids: [7] })).toEqual([7]);
  });
});
