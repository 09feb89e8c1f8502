import { describe, expect, test } from "vitest";
import { parseGbnf } from "../../test/support/gbnf.ts";
import { type AppError, isAppError } from "../errors.ts";
import { createGrammarBuilder, jsonSchemaToGrammar } from "./json-schema-grammar.ts";

/** What the grammar of a schema says about texts. */
function judge(schema: object): (text: string) => boolean {
  return parseGbnf(jsonSchemaToGrammar(schema)).accepts;
}

function refusal(schema: object): AppError {
  try {
    jsonSchemaToGrammar(schema);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(schema)}`);
}

const text = JSON.stringify;
const string = { type: "string" };

interface Example {
  schema: object;
  yes: readonly string[];
  no: readonly string[];
}

const named = (properties: object, required: string[] = []) => ({ type: "object", properties, required });

const EXAMPLES: Record<string, Example> = {
  "{}": {
    schema: {},
    yes: ["null", "true", "-1.5e-3", '""', "[]", '{"a": [1, {"b": null}]}'],
    no: ["", "nul", "[1,]", '{"a"}', "01", " 1", "1 ", "NaN", "[1,  2]", "[\n1]"],
  },
  "type null": { schema: { type: "null" }, yes: ["null"], no: ["0", '"null"'] },
  "type boolean": { schema: { type: "boolean" }, yes: ["true", "false"], no: ["True", "1"] },
  "type integer": {
    schema: { type: "integer" },
    yes: ["0", "-7", "123456789012345"],
    no: ["-0", "00", "1.0", "1e3", "+1", "1234567890123456"],
  },
  "type number": {
    schema: { type: "number" },
    yes: ["0", "-0.5", "1e10", "2.50E-07", "1e+9"],
    no: [".5", "1.", "-", "1e", "1e999", "0x1", "1.0000000000000000001"],
  },
  "type string": {
    schema: { type: "string" },
    yes: ['""', '"a b"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u00e9\\uD83D\\uDE00"', '"é€😀"', '"\\u007f"'],
    no: ['"', '"\n"', '"\t"', '"\u0000"', '"\\x"', '"\\u12"', '"\\uD83D"', '"\\uDE00"', '"\\uD83D\\u0041"'],
  },
  "a list of types": { schema: { type: ["string", "null"] }, yes: ['"a"', "null"], no: ["1", "[]"] },
  "integer beside number adds nothing": {
    schema: { type: ["integer", "number"] },
    yes: ["1", "1.5"],
    no: ['"1"'],
  },
  "type object without properties": {
    schema: { type: "object" },
    yes: ["{}", '{"x":1}', '{ "x": {"y":[]}, "z":null }'],
    no: ["[]", "{1:2}", '{"x":1,}'],
  },
  "properties, all required": {
    schema: named({ a: { type: "integer" }, b: { type: "string" } }, ["a", "b"]),
    yes: ['{"a":1,"b":""}', '{ "a": 1, "b": "" }'],
    no: ["{}", '{"a":1}', '{"b":"","a":1}', '{"a":1,"b":"","c":2}', '{"a":1 "b":""}', '{  "a":1,"b":""}'],
  },
  "properties, some optional": {
    schema: named({ a: { const: 1 }, b: { const: 2 }, c: { const: 3 }, d: { const: 4 } }, ["c"]),
    yes: ['{"c":3}', '{"a":1,"c":3}', '{"b":2,"c":3,"d":4}', '{"a":1,"b":2,"c":3,"d":4}'],
    no: ["{}", '{"a":1}', '{,"c":3}', '{"a":1,,"c":3}', '{"c":3,"b":2}', '{"b":2,"a":1,"c":3}', '{"c":3,}'],
  },
  "properties, all optional": {
    schema: named({ a: { const: 1 }, b: { const: 2 } }),
    yes: ["{}", '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    no: ['{"b":2,"a":1}', '{"a":1,"a":1}', "{,}"],
  },
  "property names with quotes, slashes and other scripts": {
    schema: named({ 'a"b\\c': { const: 1 }, "ключ\n😀": { const: 2 }, __proto__x: { const: 3 } }, ['a"b\\c']),
    yes: ['{"a\\"b\\\\c":1}', '{"a\\"b\\\\c":1,"ключ\\n😀":2,"__proto__x":3}'],
    no: ['{"a"b\\c":1}', "{}"],
  },
  "a property called root, space or __proto__": {
    schema: JSON.parse(
      '{"type":"object","required":["root","space","__proto__"],"properties":{"root":{"enum":[1,2]},"space":{"enum":[3,4]},"__proto__":{"type":["null","string"]}}}',
    ),
    yes: ['{"root":1,"space":3,"__proto__":null}'],
    no: ['{"root":3,"space":3,"__proto__":null}', '{"root":1,"space":3}'],
  },
  "additionalProperties false": {
    schema: { type: "object", additionalProperties: false },
    yes: ["{}", "{ }"],
    no: ['{"a":1}'],
  },
  "propertyNames that say nothing": {
    schema: { propertyNames: string, additionalProperties: { type: "null" } },
    yes: ["{}", '{"a":null}'],
    no: ['{"a":1}'],
  },
  "additionalProperties as a schema": {
    schema: { type: "object", additionalProperties: { type: "integer" } },
    yes: ["{}", '{"a":1,"b":2}'],
    no: ['{"a":"1"}'],
  },
  items: {
    schema: { type: "array", items: { type: "integer" } },
    yes: ["[]", "[1]", "[1, 2,3]"],
    no: ['["a"]', "[1 2]"],
  },
  "items true": { schema: { type: "array", items: true }, yes: ["[]", '[1,"a"]'], no: ["{}"] },
  "items false": { schema: { type: "array", items: false }, yes: ["[]", "[ ]"], no: ["[1]"] },
  "minItems and maxItems": {
    schema: { type: "array", items: { const: 0 }, minItems: 2, maxItems: 4 },
    yes: ["[0,0]", "[0,0,0]", "[0,0,0,0]"],
    no: ["[]", "[0]", "[0,0,0,0,0]"],
  },
  "maxItems 0": { schema: { type: "array", items: { const: 0 }, maxItems: 0 }, yes: ["[]"], no: ["[0]"] },
  "minItems alone": {
    schema: { type: "array", items: { const: 0 }, minItems: 1 },
    yes: ["[0]", "[0,0]"],
    no: ["[]"],
  },
  "prefixItems, which may be cut short": {
    schema: {
      type: "array",
      prefixItems: [{ const: 1 }, { const: 2 }, { const: 3 }],
      items: false,
      minItems: 1,
    },
    yes: ["[1]", "[1,2]", "[1,2,3]"],
    no: ["[]", "[2]", "[1,3]", "[1,2,3,4]"],
  },
  "prefixItems before items": {
    schema: {
      type: "array",
      prefixItems: [{ const: 1 }, { const: 2 }],
      items: { const: 3 },
      minItems: 1,
      maxItems: 4,
    },
    yes: ["[1]", "[1,2]", "[1,2,3]", "[1,2,3,3]"],
    no: ["[]", "[1,3]", "[1,2,3,3,3]"],
  },
  "prefixItems with more than themselves required": {
    schema: { type: "array", prefixItems: [{ const: 1 }], items: { const: 3 }, minItems: 3 },
    yes: ["[1,3,3]", "[1,3,3,3]"],
    no: ["[1,3]", "[1]"],
  },
  "prefixItems longer than maxItems": {
    schema: { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: { const: 3 }, maxItems: 1 },
    yes: ["[]", "[1]"],
    no: ["[1,2]", "[3]"],
  },
  "enum of strings that share beginnings": {
    schema: { enum: ["a", "ab", "abc", "b", "", "a"] },
    yes: ['""', '"a"', '"ab"', '"abc"', '"b"'],
    no: ['"abcd"', '"c"', '"bc"', "a"],
  },
  "enum of any values": {
    schema: { enum: [null, 1, -2.5, true, 'é"\\', [1, { a: [] }], { b: 2, a: 1 }] },
    yes: ["null", "1", "-2.5", "true", text('é"\\'), '[1,{"a":[]}]', '{"b":2,"a":1}'],
    no: ["2", "false", "[1]", "{}"],
  },
  "enum beside type keeps what fits": {
    schema: { type: ["integer", "null"], enum: [1, 1.5, "1", null, true] },
    yes: ["1", "null"],
    no: ["1.5", '"1"', "true"],
  },
  const: { schema: { const: { a: ["x"] } }, yes: ['{"a":["x"]}'], no: ['{"a":["y"]}', "{}"] },
  "const beside type": { schema: { type: "number", const: 3 }, yes: ["3"], no: ["4", "3.0"] },
  "minLength and maxLength in code points": {
    schema: { type: "string", minLength: 2, maxLength: 3 },
    yes: ['"ab"', '"😀😀😀"', '"\\uD83D\\uDE00\\n"', '"\\u0041bc"'],
    no: ['"a"', '"abcd"', '"\\uD83D\\uDE00"', '""'],
  },
  "maxLength 0": { schema: { type: "string", maxLength: 0 }, yes: ['""'], no: ['"a"'] },
  "format uuid": {
    schema: { type: "string", format: "uuid" },
    yes: ['"123e4567-e89b-12d3-A456-426614174000"'],
    no: ['"123e4567e89b12d3a456426614174000"', '"123e4567-e89b-12d3-a456-42661417400g"', '""'],
  },
  "format time": {
    schema: { type: "string", format: "time" },
    yes: ['"00:00:00Z"', '"23:59:59.123+05:30"'],
    no: ['"24:00:00Z"', '"12:60:00Z"', '"12:00:60Z"', '"12:00:00"', '"12:00:00+24:00"', '"12:00:00.Z"'],
  },
  "format date-time": {
    schema: { type: "string", format: "date-time" },
    yes: ['"2024-02-29T12:00:00Z"'],
    no: ['"2023-02-29T12:00:00Z"', '"2024-02-29 12:00:00Z"', '"2024-02-29"'],
  },
  "bounds that are not whole": {
    schema: { type: "integer", exclusiveMinimum: 0.5, maximum: 2.9 },
    yes: ["1", "2"],
    no: ["0", "3"],
  },
  "exclusive bounds": {
    schema: { type: "integer", exclusiveMinimum: -3, exclusiveMaximum: 3 },
    yes: ["-2", "0", "2"],
    no: ["-3", "3", "-0"],
  },
  "the stricter of two bounds": {
    schema: { type: "integer", minimum: 1, exclusiveMinimum: 4, maximum: 9, exclusiveMaximum: 7 },
    yes: ["5", "6"],
    no: ["1", "4", "7", "9"],
  },
  "bounds up to what a double holds": {
    schema: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 },
    yes: ["9007199254740991", "-9007199254740991", "0", "9007199254740990", "8999999999999999"],
    no: ["9007199254740992", "-9007199254740992", "10000000000000000"],
  },
  "bounds beyond what a double holds": {
    schema: { type: "integer", minimum: 9007199254740990, maximum: 1e300 },
    yes: ["9007199254740990", "9007199254740991"],
    no: ["9007199254740992", "9007199254740989"],
  },
  anyOf: {
    schema: { anyOf: [{ type: "integer", minimum: 5 }, { const: "x" }, { enum: ["y", 1] }] },
    yes: ["5", '"x"', '"y"', "1"],
    no: ["2", '"z"'],
  },
  "oneOf of types": {
    schema: { oneOf: [{ type: "string" }, { type: "null" }] },
    yes: ['"a"', "null"],
    no: ["1"],
  },
  "oneOf of constants and ranges": {
    schema: {
      oneOf: [
        { const: "a" },
        { enum: ["b", "c"] },
        { type: "integer", maximum: 3 },
        { type: "integer", minimum: 4 },
      ],
    },
    yes: ['"a"', '"c"', "3", "4"],
    no: ['"d"'],
  },
  "oneOf of objects told apart by a constant": {
    schema: {
      oneOf: [
        named({ kind: { const: "a" }, x: { type: "integer" } }, ["kind", "x"]),
        named({ kind: { const: "b" }, x: { type: "string" } }, ["kind"]),
      ],
    },
    yes: ['{"kind":"a","x":1}', '{"kind":"b"}', '{"kind":"b","x":""}'],
    no: ['{"kind":"a","x":""}', '{"kind":"a"}', '{"kind":"c"}'],
  },
  "oneOf of objects of which one is closed to the other": {
    schema: {
      oneOf: [
        { ...named({ a: { const: 1 } }, ["a"]), additionalProperties: false },
        named({ b: { const: 2 } }, ["b"]),
      ],
    },
    yes: ['{"a":1}', '{"b":2}'],
    no: ["{}", '{"a":1,"b":2}'],
  },
  "allOf of one": { schema: { allOf: [{ type: "boolean" }], title: "t" }, yes: ["true"], no: ["1"] },
  "$ref to $defs and definitions": {
    schema: named({ a: { $ref: "#/$defs/n~1%25" }, b: { $ref: "#/definitions/m", description: "d" } }, [
      "a",
      "b",
    ]),
    yes: [],
    no: [],
  },
  "$ref to the root": {
    schema: named({ next: { anyOf: [{ $ref: "#" }, { type: "null" }] } }, ["next"]),
    yes: ['{"next":null}', '{"next":{"next":{"next":null}}}'],
    no: ["{}", '{"next":{}}'],
  },
  "a recursive choice told apart by a constant": {
    schema: {
      $ref: "#/$defs/e",
      $defs: {
        e: {
          oneOf: [
            named({ op: { const: "n" }, value: { type: "integer" } }, ["op", "value"]),
            named({ op: { enum: ["+", "*"] }, of: { type: "array", items: { $ref: "#/$defs/e" } } }, [
              "op",
              "of",
            ]),
          ],
        },
      },
    },
    yes: ['{"op":"n","value":1}', '{"op":"+","of":[{"op":"*","of":[]},{"op":"n","value":2}]}'],
    no: ['{"op":"n","of":[]}', '{"op":"-","of":[]}'],
  },
  "without type: those the keywords speak of": {
    schema: { properties: { a: { minLength: 1 } }, required: ["a"] },
    yes: ['{"a":"x"}'],
    no: ['{"a":""}', "1"],
  },
  "keywords of other types say nothing": {
    schema: { type: "null", minLength: 3, minimum: 0.5 },
    yes: ["null"],
    no: ["0"],
  },
};
Object.assign(EXAMPLES["$ref to $defs and definitions"]!.schema, {
  $defs: { "n/%": { const: 1 } },
  definitions: { m: { const: 2 } },
});
Object.assign(EXAMPLES["$ref to $defs and definitions"]!, { yes: ['{"a":1,"b":2}'], no: ['{"a":2,"b":1}'] });

describe("what a grammar accepts", () => {
  test.each(Object.entries(EXAMPLES))("%s", (_, { schema, yes, no }) => {
    const accepts = judge(schema);
    expect(yes.filter((one) => !accepts(one))).toEqual([]);
    expect(no.filter(accepts)).toEqual([]);
  });

  test("annotations change nothing", () => {
    const annotations = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.com/x",
      $comment: "c",
      title: "t",
      description: "d",
      default: 1,
      examples: [2],
      deprecated: true,
      readOnly: true,
      writeOnly: false,
      $defs: { unused: { pattern: "never read" } },
    };
    expect(jsonSchemaToGrammar({ type: "integer", ...annotations })).toBe(
      jsonSchemaToGrammar({ type: "integer" }),
    );
  });

  test("every date of the Gregorian calendar and no other", () => {
    const accepts = judge({ type: "string", format: "date" });
    for (const year of [0, 4, 100, 400, 1900, 1999, 2000, 2023, 2024, 2096, 2100, 9999])
      for (let month = 0; month <= 13; month++)
        for (let day = 0; day <= 32; day++) {
          const date = new Date(0);
          date.setUTCFullYear(year, month - 1, day);
          const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month > 0;
          const pad = (value: number, width: number) => String(value).padStart(width, "0");
          const written = `"${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}"`;
          if (accepts(written) !== exists) expect.fail(`${written} exists: ${exists}`);
        }
  });

  test("every integer in small ranges and no other", () => {
    for (const [min, max] of [
      [0, 0],
      [-1, 1],
      [-9, 9],
      [7, 10],
      [9, 10],
      [1, 99],
      [10, 99],
      [95, 105],
      [-105, -95],
      [-12, 345],
      [100, 199],
      [-99, 1000],
      [8, 1009],
    ] as const) {
      const accepts = judge({ type: "integer", minimum: min, maximum: max });
      for (let value = -1100; value <= 1100; value++)
        if (accepts(String(value)) !== (min <= value && value <= max))
          expect.fail(`${value} in ${min}..${max}`);
      expect(accepts("-0") || accepts("00") || accepts("01")).toBe(false);
    }
  });

  test("equal schemas by reference share their rules", () => {
    const point = named({ x: { type: "number" }, y: { type: "number" } }, ["x", "y"]);
    const reference = { $ref: "#/$defs/point" };
    const grammar = jsonSchemaToGrammar({
      ...named({ a: reference, b: reference, c: { type: "array", items: reference } }),
      $defs: { point },
    });
    expect(grammar.match(/\\"x\\":/g)).toHaveLength(1);
  });
});

describe("what is refused", () => {
  test.each([
    ["pattern", { type: "string", pattern: "^a$" }],
    ["format", { type: "string", format: "email" }],
    ["minimum", { type: "number", minimum: 0 }],
    ["exclusiveMaximum", { type: ["number", "null"], exclusiveMaximum: 1 }],
    ["maximum", { maximum: 1 }],
    ["multipleOf", { type: "integer", multipleOf: 2 }],
    ["minProperties", { type: "object", minProperties: 1 }],
    ["maxProperties", { type: "object", maxProperties: 1 }],
    ["patternProperties", { type: "object", patternProperties: { "^a": string } }],
    ["propertyNames", { type: "object", propertyNames: { maxLength: 3 } }],
    ["additionalProperties", { ...named({ a: string }), additionalProperties: true }],
    ["additionalProperties", { ...named({ a: string }), additionalProperties: string }],
    ["unevaluatedProperties", { type: "object", unevaluatedProperties: false }],
    ["dependentRequired", { type: "object", dependentRequired: {} }],
    ["required", { ...named({ a: string }, ["b"]) }],
    ["uniqueItems", { type: "array", uniqueItems: true }],
    ["contains", { type: "array", contains: string }],
    ["additionalItems", { type: "array", additionalItems: false }],
    ["items", { type: "array", items: [string] }],
    ["minItems", { type: "array", prefixItems: [string], minItems: 2 }],
    ["not", { not: string }],
    ["if", { if: string }],
    ["nullable", { type: "string", nullable: true }],
    ["$anchor", { $anchor: "a" }],
    ["$dynamicRef", { $dynamicRef: "#a" }],
    ["$ref", { $ref: "https://example.com/schema" }],
    ["$ref", { $ref: "#anchor" }],
    ["type", { $ref: "#/$defs/a", type: "string", $defs: { a: string } }],
    ["properties", { anyOf: [string], properties: {} }],
    ["minLength", { enum: ["a"], minLength: 1 }],
    ["maxLength", { type: "string", format: "date", maxLength: 10 }],
    ["allOf", { allOf: [string, { minLength: 1 }] }],
    ["oneOf", { oneOf: [string, { type: "string", maxLength: 3 }] }],
    ["oneOf", { oneOf: [{ type: "integer" }, { type: "number" }] }],
    ["oneOf", { oneOf: [{ const: { a: 1, b: 2 } }, { const: { b: 2, a: 1 } }] }],
    ["oneOf", { oneOf: [named({ a: string }, ["a"]), named({ b: string }, ["b"])] }],
    ["oneOf", { oneOf: [{ properties: { k: { const: 1 } }, required: ["k"] }, string] }],
  ])("%s, as in %j", (keyword, schema) => {
    const { $defs = {}, ...inner } = schema as { $defs?: object };
    const error = refusal({ type: "object", properties: { "a/b": inner }, $defs });
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(`"${keyword}" at #/properties/a~1b/${keyword}`);
    expect(error.details).toMatchObject({ keyword });
    expect(error.hint).toMatch(/^Supported: type, properties/);
  });

  test("a nested $id, which would move #", () => {
    expect(refusal({ type: "array", items: { $id: "x" } }).message).toContain('"$id" at #/items/$id');
  });

  test.each([
    ["type", { type: "text" }],
    ["type", { type: [] }],
    ["enum", { enum: [] }],
    ["enum", { type: "string", enum: [1] }],
    ["required", { type: "object", required: "a" }],
    ["properties", { type: "object", properties: [] }],
    ["properties", { type: "object", properties: null }],
    ["a", { type: "object", properties: { a: 1 } }],
    ["a", { type: "object", properties: { a: false } }],
    ["minLength", { type: "string", minLength: -1 }],
    ["maxLength", { type: "string", maxLength: 1.5 }],
    ["minLength", { type: "string", minLength: 2, maxLength: 1 }],
    ["minItems", { type: "array", minItems: 2, maxItems: 1 }],
    ["minimum", { type: "integer", minimum: 2, maximum: 1 }],
    ["exclusiveMinimum", { type: "integer", exclusiveMinimum: true }],
    ["minimum", { type: "integer", minimum: 1e17 }],
    ["anyOf", { anyOf: [] }],
    ["$ref", { $ref: 1 }],
    ["$ref", { $ref: "#/$defs/none" }],
    ["$ref", { $ref: "#/constructor" }],
    ["$ref", { $ref: "#" }],
    [
      "anyOf",
      { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } },
    ],
    ["schema", { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }],
    ["schema", { type: "array", items: { $ref: "#" }, minItems: 1 }],
    ["schema", []],
    ["default", { default: undefined }],
    ["maximum", { type: "integer", maximum: Number.POSITIVE_INFINITY }],
  ])("%s, wrong or impossible in %j", (keyword, schema) => {
    const error = refusal(schema);
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain(`"${keyword}" at #`);
  });
});

describe("hostile schemas", () => {
  const nested = (depth: number): object => (depth === 0 ? {} : { type: "array", items: nested(depth - 1) });
  const chain = (links: number, link: (index: number) => object) => ({
    $ref: "#/$defs/d0",
    $defs: Object.fromEntries(Array.from({ length: links }, (_, index) => [`d${index}`, link(index)])),
  });
  const circle: { items?: object } = {};
  circle.items = circle;

  const many = (count: number, property: (index: number) => object, required: string[] = []) =>
    named(Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, property(i)])), required);

  test.each<[string, string, object]>([
    ["nesting", "deeper than 64", nested(100)],
    ["an object within itself", "deeper than 64", circle],
    ["a deep constant", "deeper than 64", { const: JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`) }],
    ["many values", "more than 1000 values", { enum: Array.from({ length: 1001 }, (_, index) => index) }],
    ["many nodes", "larger than 20000 values", { enum: Array.from({ length: 30_000 }, () => 0) }],
    ["long names", "or 200000 characters", { title: "x".repeat(300_000) }],
    ["many branches", "256 branches", { anyOf: Array.from({ length: 300 }, () => ({ type: "array" })) }],
    ["references in a row", "more than 64 references", chain(100, (i) => ({ $ref: `#/$defs/d${i + 1}` }))],
    ["a long tuple", "up to 256", { prefixItems: Array.from({ length: 300 }, () => true) }],
    ["a repetition llama.cpp would not bound", "up to 1999", { type: "string", maxLength: 2000 }],
    ["a repetition llama.cpp would refuse", "up to 1999", { type: "array", minItems: 2000 }],
    [
      "repetitions together",
      "50000 times",
      many(30, (i) => ({ type: "string", minLength: i, maxLength: 1999 })),
    ],
    ["optional properties", "more than 256 ways to go on", many(300, () => ({ type: "null" }))],
    [
      "branches that begin alike and hold themselves",
      "more than 256 ways to go on",
      { anyOf: [named({ a: { $ref: "#" } }), named({ a: { $ref: "#" }, b: {} })] },
    ],
    [
      "branches that begin alike, chained",
      "more than 256 ways to go on",
      chain(12, (index) => {
        const next = index < 11 ? { $ref: `#/$defs/d${index + 1}` } : {};
        return { anyOf: [named({ a: next }, ["a"]), named({ a: next, b: {} }, ["a"])] };
      }),
    ],
    [
      "constants that differ at once, behind branches that begin alike",
      "more than 256 ways to go on",
      chain(4, (index) => {
        const next =
          index < 3 ? { $ref: `#/$defs/d${index + 1}` } : { enum: [..."abcdefghijklmnopqrstuvwxyzABCDEFGH"] };
        return { anyOf: [named({ a: next }, ["a"]), named({ a: next, b: {} }, ["a"])] };
      }),
    ],
    [
      "a oneOf too wide to compare",
      "1000000 comparisons",
      {
        oneOf: Array.from({ length: 3 }, (_, branch) =>
          named({ k: { enum: Array.from({ length: 900 }, (_, index) => index + branch * 900) } }, ["k"]),
        ),
      },
    ],
    [
      "a union repeated by many others",
      "more than 50000 branches in all",
      {
        prefixItems: Array.from({ length: 250 }, () => ({
          anyOf: [{ $ref: "#/$defs/many" }, { type: "null" }],
        })),
        $defs: { many: { enum: Array.from({ length: 900 }, (_, index) => index) } },
      },
    ],
    [
      "constants repeated by many unions",
      "a grammar of more than 2000000 characters",
      {
        prefixItems: Array.from({ length: 50 }, () => ({
          anyOf: [{ $ref: "#/$defs/long" }, { type: "null" }],
        })),
        $defs: { long: { const: "x".repeat(50_000) } },
      },
    ],
  ])("%s: refused with UNSUPPORTED, on one short line", (_, reason, schema) => {
    const error = refusal(schema);
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain("\n");
    expect(error.message.length).toBeLessThan(700);
  });

  test("names in messages are cut and escaped", () => {
    const error = refusal({
      type: "object",
      properties: { [`\u001b[2J\n${"x".repeat(10_000)}`]: { pattern: "" } },
    });
    expect(error.message).toContain("\\u{1b}[2J\\u{a}");
    expect(error.message.length).toBeLessThan(500);
    const other = refusal({ type: "object", required: [`\n${"x".repeat(10_000)}`] });
    expect(other.message).toContain('names "\\u{a}xxx');
    expect(other.message.length).toBeLessThan(700);
  });

  test("references that fan out cost no more than their number", () => {
    const fan = chain(30, (index) =>
      index === 29
        ? { const: 1 }
        : { anyOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
    );
    expect(judge(fan)("1")).toBe(true);
  });
});

describe("a grammar that is put together", () => {
  test("keeps the rules of several schemas apart", () => {
    const builder = createGrammarBuilder();
    const schema = (text: string) => named({ value: { const: text }, list: { type: "array" } }, ["value"]);
    const [first, second] = [builder.schema("part", schema("a")), builder.schema("part", schema("b"))];
    expect(first).not.toBe(second);
    const both = builder.rule("part", `${first} "&" ${second}`);
    const { accepts } = parseGbnf(builder.print(`"=" ${both}`));
    expect(accepts('={"value":"a"}&{"value":"b","list":[1]}')).toBe(true);
    expect(accepts('={"value":"b"}&{"value":"b"}')).toBe(false);
  });

  test("counts the repetitions of all schemas together", () => {
    const builder = createGrammarBuilder();
    const long = { type: "string", maxLength: 1999 };
    const add = () => Array.from({ length: 60 }, () => builder.schema("text", long));
    expect(add).toThrow(/repeats more than/);
  });

  test("refuses what is no object where objects are wanted", () => {
    const builder = createGrammarBuilder();
    const add = (schema: object) => builder.schema("arguments", schema, { objectsOnly: true });
    expect(() => add({ anyOf: [{ type: "object" }, { type: "null" }] })).toThrow(/must be "object"/);
    expect(() => add({ $ref: "#/$defs/a", $defs: { a: named({ x: {} }) } })).not.toThrow();
  });
});
