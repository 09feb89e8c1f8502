import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseGbnf } from "../../test/support/gbnf.ts";
import { createRandom } from "../random.ts";
import { answerForm } from "./answer-form.ts";
import type { AnswerRequest, AnswerTool } from "./answer-request.ts";
import { beginsCalls } from "./call-beginning.ts";
import { readCalls } from "./read-calls.ts";
import { MAX_CALLS } from "./tool-grammar.ts";

const input = { type: "messages", messages: [{ role: "user", content: "Hi" }] } as const;
const ask = (request: Partial<AnswerRequest>) => answerForm({ input, ...request });
const judge = (request: Partial<AnswerRequest>) => parseGbnf(ask(request).grammar!).accepts;

const add: AnswerTool = {
  name: "add",
  description: "Adds numbers",
  parameters: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
  },
};
const now: AnswerTool = { name: "now", parameters: { type: "object", additionalProperties: false } };
const tools = [add, now];

const addCall = '{"name": "add", "arguments": {"a": 1, "b": 2}}';
const nowCall = '{"name":"now","arguments":{}}';
const calls = (...each: string[]) => `{"tool_calls": [${each.join(", ")}]}`;
const sum = {
  type: "json-schema",
  name: "sum",
  schema: { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] },
} as const;

describe("the form of an answer", () => {
  it("is free without tools and formats, and with tools that are not to be called", () => {
    expect(ask({}).grammar).toBeUndefined();
    const none = ask({ tools, toolChoice: "none" });
    expect(none).toMatchObject({ grammar: undefined, instructions: undefined, calls: "never" });
  });

  it.each<[string, Partial<AnswerRequest>, yes: string[], no: string[]]>([
    [
      "auto",
      { tools },
      [calls(addCall), ` ${calls(addCall, nowCall)}`, "3", "", '{"sum": 3}', "Say {…}\n"],
      [
        calls(),
        calls('{"name": "sub", "arguments": {}}'),
        calls('{"name": "add", "arguments": {}}'),
        `${calls(addCall)}!`,
      ],
    ],
    ["required", { tools, toolChoice: "required" }, [calls(nowCall)], ["3", "", "{}"]],
    [
      "a name",
      { tools, toolChoice: { name: "now" } },
      [calls(nowCall)],
      [calls(addCall), calls(nowCall, nowCall)],
    ],
    [
      "one call at most",
      { tools, parallelToolCalls: false },
      [calls(addCall), "3"],
      [calls(addCall, nowCall)],
    ],
    ["auto with a schema", { tools, format: sum }, [calls(addCall), '{"sum":3}'], ["3", "{}", calls("3")]],
    [
      "required with a schema",
      { tools, toolChoice: "required", format: sum },
      [calls(addCall)],
      ['{"sum":3}'],
    ],
    ["a schema", { format: sum }, ['{"sum":3}', ' {"sum":3}'], [calls(addCall), "3"]],
    ["an object", { format: { type: "json-object" } }, ["{}", '{"a":[1]}', calls("3")], ["[]", "3", "null"]],
  ])("follows the choice: %s", (_, request, yes, no) => {
    const accepts = judge(request);
    for (const text of yes) expect(accepts(text), text).toBe(true);
    for (const text of no) expect(accepts(text), text).toBe(false);
  });

  it("bounds the calls of one answer", () => {
    const accepts = judge({ tools });
    const many = (count: number) => calls(...Array.from({ length: count }, () => nowCall));
    expect(accepts(many(MAX_CALLS))).toBe(true);
    expect(accepts(many(MAX_CALLS + 1))).toBe(false);
  });

  it("tells the model in few words", () => {
    expect(ask({ tools, format: sum }).instructions).toBe(
      [
        "Tools:",
        "- add {a: integer, b: integer}: Adds numbers",
        "- now {...}",
        'To use tools, answer with one or more calls in this form and nothing else: {"tool_calls": [{"name": "...", "arguments": {...}}]}',
        "Else answer with JSON of this form and nothing else: {sum: integer}",
      ].join("\n"),
    );
    expect(ask({ format: { type: "json-object" } }).instructions).toBe(
      "Answer with one JSON object and nothing else.",
    );
  });

  it("passes a grammar of the caller's on as it is", () => {
    const grammar = 'root ::= "yes"';
    expect(ask({ format: { type: "grammar", grammar } })).toMatchObject({ grammar, instructions: undefined });
  });

  it.each<[string, Partial<AnswerRequest>, object]>([
    [
      "a keyword without a grammar",
      { format: { ...sum, schema: { type: "object", properties: { a: { type: "string", pattern: "x" } } } } },
      { code: "UNSUPPORTED", details: { keyword: "pattern", pointer: "#/properties/a/pattern" } },
    ],
    [
      "the same in a tool, which is named",
      { tools: [now, { name: "find", parameters: { type: "object", properties: { a: { not: {} } } } }] },
      { code: "UNSUPPORTED", details: { tool: "find", keyword: "not", pointer: "#/properties/a/not" } },
    ],
    [
      "arguments that need not be an object",
      { tools: [{ name: "find", parameters: { anyOf: [{ type: "object" }, { type: "string" }] } }] },
      { code: "UNSUPPORTED", details: { tool: "find", keyword: "type" } },
    ],
    [
      "a grammar beside tools",
      { tools, format: { type: "grammar", grammar: 'root ::= "x"' } },
      { code: "UNSUPPORTED" },
    ],
    ["tools for a raw prompt", { tools, input: { type: "text", text: "x" } }, { code: "UNSUPPORTED" }],
    ["a call without tools", { toolChoice: "required" }, { code: "USAGE" }],
    ["a tool that there is not", { tools, toolChoice: { name: "sub" } }, { code: "USAGE" }],
    ["two tools of one name", { tools: [now, now] }, { code: "USAGE" }],
    ["a name that is none", { tools: [{ name: 'a"\n' }] }, { code: "USAGE" }],
    [
      "too many tools",
      { tools: Array.from({ length: 129 }, (_, n) => ({ name: `t${n}` })) },
      { code: "USAGE" },
    ],
    [
      "schemas that would take long to compile",
      { tools: [{ name: "big", parameters: { type: "object", description: "x".repeat(500_000) } }] },
      { code: "TOO_LARGE" },
    ],
    ["a grammar without a rule", { format: { type: "grammar", grammar: " \n" } }, { code: "USAGE" }],
    [
      "a grammar that would take long to parse",
      { format: { type: "grammar", grammar: `root ::= "${"x".repeat(100_000)}"` } },
      { code: "TOO_LARGE" },
    ],
  ])("refuses %s", (_, request, error) => {
    const { details, ...rest } = error as { details?: object };
    expect(() => ask(request)).toThrow(
      expect.objectContaining({ ...rest, ...(details && { details: expect.objectContaining(details) }) }),
    );
  });

  it("takes as many tools as may be given, each with arguments of its own", () => {
    const many = Array.from({ length: 128 }, (_, n) => ({ ...add, name: `tool-${n}` }));
    const accepts = judge({ tools: many, toolChoice: "required" });
    expect(accepts(calls(addCall.replace("add", "tool-127")))).toBe(true);
    expect(accepts(calls(addCall.replace("add", "tool-128")))).toBe(false);
  });
});

const value = fc.letrec<{ any: object }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<object>(
      {},
      { type: "string", maxLength: 5 },
      { type: "integer", minimum: -3, maximum: 12 },
      { type: ["number", "null"] },
      { enum: ["tool_calls", 'a"b', 7, null] },
      { $ref: "#/$defs/shared" },
    ),
    fc.record({ type: fc.constant("array"), items: tie("any"), maxItems: fc.nat(3) }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("any"), { maxKeys: 3 }).map((properties) => ({
      type: "object",
      properties,
      required: Object.keys(properties).slice(1),
      additionalProperties: false,
    })),
  ),
})).any;

const anyTools: fc.Arbitrary<AnswerTool[]> = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[\w.-]{1,12}$/),
    parameters: fc
      .dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), value, { maxKeys: 4 })
      .map((properties) => ({
        type: "object",
        properties,
        required: Object.keys(properties).slice(0, 2),
        // Each tool means its own by the same reference.
        $defs: { shared: { const: Object.keys(properties).length } },
      })),
  }),
  { minLength: 1, maxLength: 4, selector: ({ name }) => name },
);

describe("whatever tools there are", () => {
  test("a call that the grammar can write can be read, is valid, and names one of them", () => {
    fc.assert(
      fc.property(anyTools, fc.boolean(), fc.nat(), (given, parallelToolCalls, seed) => {
        const form = ask({ tools: given, toolChoice: "required", parallelToolCalls });
        const grammar = parseGbnf(form.grammar!);
        const random = createRandom(seed);
        for (let round = 0; round < 5; round++) {
          const text = grammar.draw(random);
          expect(beginsCalls(text), text).toBe(true);
          const read = readCalls(text, form.tools);
          expect(read.problem, text).toBeUndefined();
          expect(read.calls!.length).toBeGreaterThanOrEqual(1);
          if (!parallelToolCalls) expect(read.calls).toHaveLength(1);
          for (const { name } of read.calls!) expect(given.map((tool) => tool.name)).toContain(name);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("what choice auto lets through and begins like a call is one, however a call was damaged", () => {
    const damage = fc.constantFrom("", " ", "}", "]}", ",{}", '"', "x");
    fc.assert(
      fc.property(
        anyTools,
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        damage,
        (given, seed, at, put) => {
          const form = ask({ tools: given });
          const whole = parseGbnf(ask({ tools: given, toolChoice: "required" }).grammar!).draw(
            createRandom(seed),
          );
          const cut = Math.round(at * whole.length);
          const { accepts } = parseGbnf(form.grammar!);
          for (const text of [
            whole,
            whole.slice(0, cut) + put,
            whole.slice(0, cut) + put + whole.slice(cut),
          ]) {
            const isCall = beginsCalls(text) === true;
            const isGood = isCall && readCalls(text, form.tools).problem === undefined;
            if (accepts(text)) expect(isCall ? isGood : true, text).toBe(true);
            else expect(isCall, text).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
