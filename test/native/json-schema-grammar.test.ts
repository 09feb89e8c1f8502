/**
 * llama.cpp itself on the grammars: it parses them, follows them byte by byte as the test matcher does, and
 * whatever a random model writes under them is valid JSON for the schema.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonSchemaToGrammar } from "../../src/engine/json-schema-grammar.ts";
import { createTokenSampler } from "../../src/engine/token-sampler.ts";
import { type LlamaModel, loadLibrary, loadModel } from "../../src/llama/index.ts";
import { writeRandomModel } from "../../src/testing/index.ts";
import { parseGbnf } from "../support/gbnf.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-grammar-"));
let model: LlamaModel;

beforeAll(async () => {
  const path = await writeRandomModel({
    path: join(folder, "random.gguf"),
    layers: 1,
    dim: 32,
    ffn: 32,
    experts: 0,
    vocabulary: 600,
    type: "F32",
  });
  model = await loadModel(loadLibrary({ gpu: "off" }), { path, vocabularyOnly: true });
});
afterAll(() => {
  model?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** In this vocabulary the tokens of the 256 bytes follow the three special ones. */
const FIRST_BYTE = 3;

const PLAIN = {
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyLastN: 0,
  topK: 0,
  topP: 1,
  minP: 0,
};

/** Whether the grammar lets llama.cpp write the text, a byte token at a time, and end there. */
function accepts(grammar: string, text: string): boolean {
  const sampler = createTokenSampler(model, { ...PLAIN, temperature: 0, seed: 0, grammar });
  try {
    const logits = new Float32Array(model.vocabulary);
    return [...new TextEncoder().encode(text)]
      .map((byte) => FIRST_BYTE + byte)
      .concat(model.eos!)
      .every((id) => {
        logits.fill(0);
        logits[id] = 1;
        return sampler.sample(logits) === id;
      });
  } finally {
    sampler.dispose();
  }
}

/** What comes out when every token is as likely as another, save that closing is a little likelier. */
function write(grammar: string, seed: number): { text: string; ended: boolean } {
  const sampler = createTokenSampler(model, { ...PLAIN, temperature: 1, seed, grammar });
  const bytes: number[] = [];
  try {
    const logits = new Float32Array(model.vocabulary);
    for (const closing of '"]},:') logits[FIRST_BYTE + closing.charCodeAt(0)] = 5;
    logits[model.eos!] = 6;
    for (let count = 0; count < 300; count++) {
      const id = sampler.sample(logits);
      if (id === model.eos) return { text: decode(bytes), ended: true };
      bytes.push(...model.tokenBytes(id, false));
    }
    return { text: decode(bytes), ended: false };
  } finally {
    sampler.dispose();
  }
}

const decode = (bytes: readonly number[]) =>
  new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));

const string = { type: "string" };
const integer = { type: "integer" };
const object = (properties: object, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** The decision of a trading desk: evidence first, because what is written first cannot follow the view. */
const decision = object({
  evidence: { type: "array", items: { type: "string", maxLength: 12 }, minItems: 1, maxItems: 6 },
  view: { enum: ["bullish", "neutral", "bearish"] },
  action: { enum: ["buy", "sell", "hold", "abstain"] },
  conviction: { type: "integer", minimum: 0, maximum: 100 },
  horizonDays: { type: "integer", minimum: 1, maximum: 90 },
  invalidation: { type: "string", maxLength: 160 },
  risks: { type: "array", items: { type: "string", maxLength: 80 }, maxItems: 4 },
});
const decided = {
  evidence: ["F1", "F7"],
  view: "bullish",
  action: "buy",
  conviction: 100,
  horizonDays: 90,
  invalidation: 'close below "200d" – é😀',
  risks: [],
};

/** Schema, a value that fits, a value that does not. */
const SCHEMAS: Record<string, [schema: object, fits: unknown, fails: unknown]> = {
  "a decision": [decision, decided, { ...decided, conviction: 101 }],
  "e-mail to parts": [
    object({ username: string, domain: string, tld: { enum: ["com", "org", "net", "co.uk"] } }),
    { username: "a.b", domain: "example", tld: "co.uk" },
    { username: "a", domain: "b", tld: "co" },
  ],
  "e-mail to fields": [
    object({
      from: string,
      subject: { type: ["string", "null"] },
      sent: { type: "string", format: "date-time" },
    }),
    { from: "a@b.c", subject: null, sent: "2024-02-29T23:59:59+01:00" },
    { from: "a@b.c", subject: null, sent: "2023-02-29T23:59:59+01:00" },
  ],
  anything: [{}, { a: [1, { b: null }], "": "é" }, undefined],
  "any object": [{ type: "object" }, { a: { b: [] } }, []],
  "any array": [{ type: "array" }, [[], {}, 1], {}],
  null: [{ type: "null" }, null, 0],
  boolean: [{ type: "boolean" }, false, "false"],
  number: [{ type: "number" }, -1.5e-7, "1"],
  integer: [integer, -42, 1.5],
  "a range around zero": [{ type: "integer", minimum: -105, maximum: 1234 }, -105, 1235],
  "safe integers": [
    { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER + 1,
  ],
  string: [string, '\\ " \u0007 é 😀', "\ud800"],
  "a short string": [{ type: "string", minLength: 2, maxLength: 4 }, "😀é😀é", "a"],
  "a long string": [{ type: "string", maxLength: 1999 }, "x".repeat(1999), "x".repeat(2000)],
  date: [{ type: "string", format: "date" }, "2000-02-29", "1900-02-29"],
  time: [{ type: "string", format: "time" }, "23:59:59.5Z", "23:59:59"],
  uuid: [{ type: "string", format: "uuid" }, "123e4567-e89b-12d3-a456-426614174000", "123e4567"],
  "an enum with shared beginnings": [{ enum: ["a", "ab", "abc", "ключ", "ключи"] }, "ключ", "клю"],
  "an enum of everything": [{ enum: [null, true, 1.5, [], { a: 1 }] }, { a: 1 }, false],
  "a map": [{ type: "object", additionalProperties: integer }, { a: 1, b: 2 }, { a: "1" }],
  "an empty object": [{ type: "object", additionalProperties: false }, {}, { a: 1 }],
  "optional properties": [
    object({ a: integer, b: integer, c: integer, d: integer }, ["c"]),
    { b: 1, c: 2 },
    { b: 1 },
  ],
  "only optional ones": [object({ a: integer, b: integer }, []), {}, { c: 1 }],
  "odd names": [
    object({ 'a"\\\n': integer, "é😀": integer, root: string, "x y": string }),
    { 'a"\\\n': 1, "é😀": 2, root: "", "x y": "" },
    {},
  ],
  "nested arrays": [
    {
      type: "array",
      items: { type: "array", items: { type: "array", items: integer, maxItems: 2 }, minItems: 1 },
    },
    [[[1, 2], []], [[]]],
    [[]],
  ],
  "a tuple": [
    { type: "array", prefixItems: [string, integer], items: { type: "null" }, minItems: 2, maxItems: 4 },
    ["a", 1, null],
    ["a", "b"],
  ],
  "a linked list": [
    object({ value: integer, next: { anyOf: [{ $ref: "#" }, { type: "null" }] } }),
    { value: 1, next: { value: 2, next: null } },
    { value: 1, next: {} },
  ],
  "a tree": [
    {
      $ref: "#/$defs/node",
      $defs: { node: object({ name: string, children: { type: "array", items: { $ref: "#/$defs/node" } } }) },
    },
    { name: "r", children: [{ name: "l", children: [] }] },
    { name: "r", children: [{}] },
  ],
  "an expression": [
    {
      $defs: {
        e: {
          oneOf: [
            object({ op: { const: "number" }, value: { type: "number" } }),
            object({ op: { const: "name" }, name: string }),
            object({ op: { enum: ["+", "*"] }, left: { $ref: "#/$defs/e" }, right: { $ref: "#/$defs/e" } }),
          ],
        },
      },
      $ref: "#/$defs/e",
    },
    { op: "+", left: { op: "number", value: 1 }, right: { op: "name", name: "x" } },
    { op: "-", left: { op: "number", value: 1 }, right: { op: "name", name: "x" } },
  ],
  "a choice": [
    { anyOf: [integer, { type: "array", items: string }, object({ a: integer })] },
    { a: 1 },
    { b: 1 },
  ],
};

/** As large as the limits allow. */
const LARGEST: Record<string, object> = {
  "1,000 values with a long common beginning": {
    enum: Array.from({ length: 1000 }, (_, n) => "a".repeat(Math.min(n, 190)) + n),
  },
  "600 values that each go on from the one before": {
    enum: Array.from({ length: 600 }, (_, n) => "a".repeat(n)),
  },
  "a tuple of 256": { type: "array", prefixItems: Array.from({ length: 256 }, (_, n) => ({ const: n })) },
  "255 optional properties": object(
    Object.fromEntries(Array.from({ length: 255 }, (_, n) => [`p${n}`, integer])),
    [],
  ),
  "50,000 repetitions": object(
    Object.fromEntries(
      Array.from({ length: 25 }, (_, n) => [`p${n}`, { type: "string", minLength: n, maxLength: 1999 }]),
    ),
  ),
  "2,000 properties": object(
    Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`p${n}`, { type: "null" }])),
  ),
};

const ajv = new Ajv2020({ strict: false, validateFormats: false });

describe("llama.cpp", () => {
  test("has 30 schemas to follow here", () => expect(Object.keys(SCHEMAS).length).toBeGreaterThanOrEqual(30));

  test.each(Object.entries(SCHEMAS))("follows the grammar of %s", (_, [schema, fits, fails]) => {
    const grammar = jsonSchemaToGrammar(schema);
    expect(accepts(grammar, JSON.stringify(fits))).toBe(true);
    if (fails !== undefined) expect(accepts(grammar, JSON.stringify(fails))).toBe(false);
  });

  test.each(Object.entries(SCHEMAS))("writes what is valid: %s", (_, [schema]) => {
    const grammar = jsonSchemaToGrammar(schema);
    const matcher = parseGbnf(grammar);
    const validate = ajv.compile(schema);
    const finished = Array.from({ length: 5 }, (_, seed) => write(grammar, seed)).filter(
      ({ ended }) => ended,
    );
    expect(finished.length).toBeGreaterThan(0);
    for (const { text } of finished) {
      expect(validate(JSON.parse(text)), text).toBe(true);
      expect(matcher.accepts(text), text).toBe(true);
    }
  });

  test.each(Object.entries(LARGEST))("parses %s", (_, schema) => {
    const sampler = createTokenSampler(model, {
      ...PLAIN,
      temperature: 0,
      seed: 0,
      grammar: jsonSchemaToGrammar(schema),
    });
    sampler.dispose();
  });

  test("keeps control characters, bad UTF-8 and unpaired surrogates out of strings", () => {
    const grammar = jsonSchemaToGrammar({ type: "string" });
    const from = (...bytes: number[]) => {
      const sampler = createTokenSampler(model, { ...PLAIN, temperature: 0, seed: 0, grammar });
      const logits = new Float32Array(model.vocabulary);
      const refusedAt = [0x22, ...bytes].findIndex((byte) => {
        logits.fill(0);
        logits[FIRST_BYTE + byte] = 1;
        return sampler.sample(logits) !== FIRST_BYTE + byte;
      });
      sampler.dispose();
      return refusedAt >= 0;
    };
    expect(from(0xf0, 0x9f, 0x98, 0x80)).toBe(false);
    expect(from(0x0a)).toBe(true);
    expect(from(0x7f)).toBe(true);
    expect(from(0xa2)).toBe(true);
    expect(from(0xed, 0xa0, 0x80)).toBe(true);
    expect(from(0xf5, 0x80, 0x80, 0x80)).toBe(true);
  });
});
