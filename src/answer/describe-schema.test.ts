import { describe, expect, it, test } from "vitest";
import { describeSchema } from "./describe-schema.ts";

const node = { type: "object", properties: { next: { $ref: "#" } } };

describe("a schema in the words of a prompt", () => {
  it.each<[string, object, string]>([
    ["nothing", {}, "any"],
    ["any object", { type: "object" }, "{...}"],
    [
      "fields",
      {
        type: "object",
        properties: { a: { type: "integer" }, "b c": { enum: ["x", null] } },
        required: ["a"],
      },
      '{a: integer, "b c"?: "x" | null}',
    ],
    [
      "what fields mean, on one line",
      { properties: { city: { type: "string", description: "Name\n of  the city" } }, required: ["city"] },
      "{city: string (Name of the city)}",
    ],
    ["ranges", { type: "integer", minimum: 0, maximum: 5 }, "integer 0..5"],
    ["formats", { type: "string", format: "date" }, "string (date)"],
    ["arrays", { type: "array", items: { type: ["string", "null"] } }, "(string | null)[]"],
    ["tuples", { prefixItems: [{ const: "x" }, { type: "number" }] }, '["x", number]'],
    ["maps", { type: "object", additionalProperties: { type: "number" } }, "{[key]: number}"],
    ["unions", { anyOf: [{ type: "string" }, { type: "array", items: {} }] }, "string | any[]"],
    ["references", { $ref: "#/$defs/a~1b", $defs: { "a/b": { type: "boolean" } } }, "boolean"],
    ["references that lead nowhere", { $ref: "#/$defs/constructor" }, "any"],
  ])("tells %s", (_, schema, expected) => {
    expect(describeSchema(schema)).toBe(expected);
  });

  test("ends, whatever a schema refers to", () => {
    expect(describeSchema(node)).toMatch(/^\{next\?: \{next\?: .*\.\.\..*\}\}$/);
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, { $ref: "#" }]));
    expect(describeSchema({ type: "object", properties: wide }).length).toBeLessThan(20_000);
  });
});
