/**
 * Random schemas: what their grammar accepts is what ajv accepts. Values made for a schema are accepted as
 * JSON.stringify prints them; texts drawn from the grammar, and damaged ones it still accepts, are valid.
 */

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonSchemaToGrammar } from "../../src/engine/json-schema-grammar.ts";
import { type Gbnf, parseGbnf } from "../support/gbnf.ts";

type Random = () => number;

/** A schema and a way to make values that fit it, within what the grammar keeps of the schema. */
interface Sample {
  schema: Record<string, unknown>;
  make: (random: Random) => unknown;
  /** Samples of different types never share a value. */
  type: string;
}

const pick = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const pad = (value: number) => String(value).padStart(2, "0");

const letters = [...'ab"\\/\n\u0001\u2028é€😀{}[]:, '];
const word = (random: Random, min: number, max: number) =>
  Array.from({ length: pick(random, min, max) }, () => letters[pick(random, 0, letters.length - 1)]).join("");

// ajv's fast-deep-equal calls these two of a value, and throws where they are members that are no functions.
const json = fc
  .jsonValue({ maxDepth: 2, stringUnit: "binary" })
  .filter((value) => !/"(toString|valueOf)":/.test(JSON.stringify(value)));

const strings: fc.Arbitrary<Sample> = fc
  .tuple(fc.option(fc.nat(4)), fc.option(fc.nat(5)))
  .map(([min, extra]) => ({
    type: "string",
    schema: {
      type: "string",
      ...(min === null ? {} : { minLength: min }),
      ...(extra === null ? {} : { maxLength: (min ?? 0) + extra }),
    },
    make: (random) => word(random, min ?? 0, (min ?? 0) + (extra ?? 9)),
  }));

const times: fc.Arbitrary<Sample> = fc.constantFrom("date", "date-time").map((format) => ({
  type: "string",
  schema: { type: "string", format },
  make: (random) => {
    const moment = new Date(pick(random, -6e13, 2e14)).toISOString();
    return format === "date" ? moment.slice(0, 10) : moment.replace("Z", `+${pad(pick(random, 0, 23))}:30`);
  },
}));

const integers: fc.Arbitrary<Sample> = fc
  .tuple(fc.option(fc.maxSafeInteger()), fc.option(fc.nat({ max: 1e6 })), fc.boolean())
  .map(([low, size, exclusive]) => {
    const min = low ?? -1e9;
    const max = Math.min(Number.MAX_SAFE_INTEGER, min + (size ?? 1e9));
    const lower = low === null ? {} : exclusive ? { exclusiveMinimum: min - 1 } : { minimum: min };
    const upper = size === null ? {} : exclusive ? { exclusiveMaximum: max + 1 } : { maximum: max };
    return {
      type: "number",
      schema: { type: "integer", ...lower, ...upper },
      make: (random: Random) => pick(random, min, max),
    };
  });

const scalars: fc.Arbitrary<Sample> = fc.constantFrom<Sample>(
  { type: "null", schema: { type: "null" }, make: () => null },
  { type: "boolean", schema: { type: "boolean" }, make: (random) => random() < 0.5 },
  {
    type: "number",
    schema: { type: "number" },
    make: (random) =>
      Number((random() * 10 ** pick(random, -6, 12)).toPrecision(9)) * (random() < 0.5 ? -1 : 1),
  },
  {
    type: "any",
    schema: {},
    make: (random) => [{ [word(random, 0, 3)]: [1, null] }, "x", true][pick(random, 0, 2)],
  },
);

const literals: fc.Arbitrary<Sample> = fc.array(json, { minLength: 1, maxLength: 5 }).map((values) => ({
  type: "any",
  schema: values.length === 1 ? { const: values[0] } : { enum: values },
  make: (random) => values[pick(random, 0, values.length - 1)],
}));

const tree: Sample = {
  type: "object",
  schema: { $ref: "#/$defs/tree" },
  make: (random) => ({
    value: pick(random, 0, 9),
    ...(random() < 0.4 ? { children: [tree.make(random), tree.make(random)].slice(pick(random, 0, 2)) } : {}),
  }),
};
const definitions = {
  tree: {
    type: "object",
    properties: {
      value: { type: "integer", minimum: 0, maximum: 9 },
      children: { type: "array", items: tree.schema, maxItems: 2 },
    },
    required: ["value"],
    additionalProperties: false,
  },
};

const samples = fc.letrec<{ any: Sample }>((tie) => {
  const inner = tie("any");
  const lists: fc.Arbitrary<Sample> = fc
    .tuple(fc.array(inner, { maxLength: 2 }), fc.option(inner), fc.nat(3), fc.option(fc.nat(3)))
    .map(([prefix, items, low, extra]) => {
      const rest = items ?? undefined;
      const min = rest ? low : Math.min(low, prefix.length);
      const max = extra === null ? undefined : min + extra;
      const most = Math.min(max ?? min + 3, rest ? Number.POSITIVE_INFINITY : prefix.length);
      return {
        type: "array",
        schema: {
          type: "array",
          ...(prefix.length > 0 ? { prefixItems: prefix.map(({ schema }) => schema) } : {}),
          items: rest ? rest.schema : false,
          minItems: min,
          ...(max === undefined ? {} : { maxItems: max }),
        },
        make: (random: Random) =>
          Array.from({ length: pick(random, min, most) }, (_, index) =>
            (prefix[index] ?? rest!).make(random),
          ),
      };
    });
  const objects: fc.Arbitrary<Sample> = fc
    .uniqueArray(fc.tuple(fc.string({ maxLength: 4, unit: "binary" }), inner, fc.boolean()), {
      maxLength: 5,
      // An object puts keys that look like indices first, whatever order they came in.
      selector: ([key]) => (/^\d+$/.test(key) ? "" : key),
    })
    .map((all) => all.filter(([key]) => !/^\d+$/.test(key) && key !== "__proto__"))
    .map((properties) => ({
      type: "object",
      schema: {
        type: "object",
        properties: Object.fromEntries(properties.map(([key, { schema }]) => [key, schema])),
        required: properties.flatMap(([key, , required]) => (required ? [key] : [])),
        additionalProperties: false,
      },
      make: (random) =>
        Object.fromEntries(
          properties
            .filter(([, , required]) => required || random() < 0.5)
            .map(([key, { make }]) => [key, make(random)]),
        ),
    }));
  const maps: fc.Arbitrary<Sample> = inner.map(({ schema, make }) => ({
    type: "object",
    schema: { type: "object", additionalProperties: schema },
    make: (random) =>
      Object.fromEntries([0, 1].slice(pick(random, 0, 2)).map((n) => [`k${n}`, make(random)])),
  }));
  const unions: fc.Arbitrary<Sample> = fc
    .tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([branches, wantOne]) => {
      const types = branches.map(({ type }) => type);
      const apart = new Set(types).size === types.length && !types.includes("any");
      return {
        type: branches.length === 1 ? types[0]! : "any",
        schema: { [wantOne && apart ? "oneOf" : "anyOf"]: branches.map(({ schema }) => schema) },
        make: (random) => branches[pick(random, 0, branches.length - 1)]!.make(random),
      };
    });
  return {
    any: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.oneof(strings, times, integers, scalars, literals, fc.constant(tree)),
      lists,
      objects,
      maps,
      unions,
    ),
  };
}).any;

/** mulberry32: a stream of numbers from one seed, so that a failure can be repeated. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isDate = (text: string) => {
  const moment = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(+moment) && moment.toISOString().startsWith(text);
};
const ajv = new Ajv2020({
  strict: false,
  formats: {
    date: isDate,
    "date-time": (text: string) => isDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)),
  },
});

interface Case {
  grammar: Gbnf;
  valid: (value: unknown) => boolean;
  make: () => unknown;
  random: Random;
}

function build({ schema, make }: Sample, seed: number): Case {
  const root = { ...schema, $defs: definitions };
  const random = randomFrom(seed);
  const validate = ajv.compile(root);
  ajv.removeSchema(root);
  return {
    grammar: parseGbnf(jsonSchemaToGrammar(root)),
    valid: (value) => validate(value) as boolean,
    make: () => make(random),
    random,
  };
}

/** One line of context instead of a schema of a thousand. */
const expectAll = (wrong: string[]) => expect(wrong.slice(0, 3)).toEqual([]);

test("values made for a schema are accepted", () => {
  fc.assert(
    fc.property(samples, fc.integer(), (sample, seed) => {
      const { grammar, valid, make } = build(sample, seed);
      const values = Array.from({ length: 5 }, make);
      expect(values.filter((value) => !valid(value))).toEqual([]);
      expectAll(values.map((value) => JSON.stringify(value)).filter((text) => !grammar.accepts(text)));
    }),
    { numRuns: 200 },
  );
});

test("texts drawn from a grammar are valid", () => {
  fc.assert(
    fc.property(samples, fc.integer(), (sample, seed) => {
      const { grammar, valid, random } = build(sample, seed);
      const texts = Array.from({ length: 10 }, () => grammar.draw(random));
      expectAll(texts.filter((text) => !valid(JSON.parse(text)) || !grammar.accepts(text)));
    }),
    { numRuns: 200 },
  );
});

test("texts that are damaged or belong to another schema are accepted only where they are valid", () => {
  let invalid = 0;
  fc.assert(
    fc.property(samples, samples, fc.integer(), (sample, other, seed) => {
      const { grammar, valid, make, random } = build(sample, seed);
      const stranger = build(other, seed);
      const texts = [
        ...Array.from({ length: 5 }, () => damage(JSON.stringify(make()), random)),
        ...Array.from({ length: 5 }, () => JSON.stringify(stranger.make())),
      ];
      const fits = (text: string) => {
        try {
          return valid(JSON.parse(text));
        } catch {
          return false;
        }
      };
      invalid += texts.filter((text) => !fits(text)).length;
      expectAll(texts.filter((text) => grammar.accepts(text) && !fits(text)));
    }),
    { numRuns: 200 },
  );
  // Otherwise the property would hold of nothing.
  expect(invalid).toBeGreaterThan(500);
});

/** One character left out, doubled, exchanged with its neighbour or replaced. */
function damage(text: string, random: Random): string {
  const all = [...text];
  const at = pick(random, 0, all.length - 1);
  const [here, next] = [all[at]!, all[at + 1] ?? ""];
  const replacement = ["", here + here, next + here, '"', "0", "-", ",", "}", "\\", " "][pick(random, 0, 9)]!;
  all.splice(at, replacement === next + here ? 2 : 1, replacement);
  return all.join("");
}
