import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { routeFeatures } from "./route-features.ts";
import { schemaShape } from "./schema-shape.ts";

const ask = (content: string) => routeFeatures({ messages: [{ role: "user", content }] });

describe("routeFeatures", () => {
  it("counts what a request is made of", () => {
    expect(
      routeFeatures({
        messages: [
          { role: "system", content: "You are a planner. Prove everything." },
          { role: "user", content: "Hello!" },
          { role: "assistant", content: "Hello." },
          { role: "user", content: "Why is 12 over 7?\n- compare both\n- plan it\n```\nlet x = 1\n```" },
        ],
        tools: [{}, {}],
        schema: { type: "object", properties: { a: {}, b: { type: "array", items: { type: "string" } } } },
        maxTokens: 64,
      }),
    ).toMatchObject({
      characters: 36 + 6 + 6 + 60,
      turns: 3,
      tools: 2,
      schemaDepth: 2,
      schemaFields: 2,
      questions: 1,
      reasoning: 3,
      asks: 2,
      otherScript: 0,
      maxTokens: 64,
    });
  });

  it("looks at words of the last message of the user alone, and at its ends", () => {
    const before = [{ role: "user", content: "Prove it. Why?" }];
    expect(routeFeatures({ messages: [...before, { role: "user", content: "Thanks." }] }).reasoning).toBe(0);
    expect(ask(`${"word ".repeat(50_000)}\nProve it.`).reasoning).toBe(1);
    expect(ask(`Prove it.\n${"word ".repeat(50_000)}`).reasoning).toBe(1);
  });

  it("takes other languages as they are: no script is an endless rare word", () => {
    const chinese = ask("为什么天空是蓝色的？请解释一下。");
    expect(chinese).toMatchObject({ rareWords: 0, otherScript: 1, questions: 1 });
    const russian = ask("Почему небо синее?");
    expect(russian).toMatchObject({ otherScript: 1, questions: 1, rareWords: 0 });
    expect(ask("Erkläre, warum der Himmel blau ist.")).toMatchObject({ reasoning: 2, otherScript: 0 });
    expect(ask("لماذا السماء زرقاء؟").questions).toBe(1);
  });

  it("knows lists, identifiers, code and numbers from words", () => {
    expect(ask("1. one\n2) two\n• three\n2024 was a year\n-no").asks).toBe(3);
    expect(ask("call parseHTTPHeader on x9").rareWords).toBeCloseTo(2 / 4);
    expect(ask("int main() {\n  return 0;\n}").code).toBeGreaterThan(0.7);
    expect(ask("12 34 56").digits).toBeCloseTo(6 / 8);
    expect(ask("What???? Really?").questions).toBe(2);
  });

  it("law: any text and any schema give finite figures, shares within 0 and 1", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.jsonValue(), (texts, schema) => {
        const features = routeFeatures({
          messages: texts.map((content) => ({ role: "user", content })),
          schema,
        });
        for (const value of Object.values(features)) expect(value).toBeGreaterThanOrEqual(0);
        const { digits, code, rareWords, otherScript } = features;
        for (const share of [digits, code, rareWords, otherScript]) expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("takes a hostile megabyte in bounded steps", () => {
    const hostile = ["?".repeat(2 ** 20), "a".repeat(2 ** 20), "```\n".repeat(2 ** 18), "\n".repeat(2 ** 20)];
    for (const content of hostile) {
      const started = performance.now();
      const features = ask(content);
      // Not a measure of speed: what grows with the square of the length takes minutes here.
      expect(performance.now() - started).toBeLessThan(2_000);
      expect(features.characters).toBe(content.length);
    }
  });
});

describe("schemaShape", () => {
  it("follows no reference and ends on what contains itself", () => {
    const tree: Record<string, unknown> = { type: "object", properties: { name: {} } };
    (tree.properties as Record<string, unknown>).child = tree;
    expect(schemaShape(tree).fields).toBeGreaterThan(1_000);
    expect(schemaShape({ $ref: "#" })).toEqual({ depth: 0, fields: 0 });
    expect(schemaShape("no schema")).toEqual({ depth: 0, fields: 0 });
  });

  it("counts the fields of alternatives and definitions", () => {
    const flat = { type: "object", properties: { a: {}, b: {} } };
    expect(schemaShape({ anyOf: [flat, { $ref: "#/$defs/x" }], $defs: { x: flat } })).toEqual({
      depth: 1,
      fields: 4,
    });
  });
});
