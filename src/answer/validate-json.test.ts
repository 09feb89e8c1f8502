import { describe, expect, it } from "vitest";
import { jsonCheck } from "./validate-json.ts";

describe("the check of a value", () => {
  it("says where and what is wrong", () => {
    const check = jsonCheck({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] });
    expect(check({ a: 1 })).toBeUndefined();
    expect(check({ a: "x" })).toBe("/a must be integer");
    expect(check({})).toBe("must have required property 'a'");
  });

  it("takes schemas of older drafts, and different ones with one $id", () => {
    const $schema = "http://json-schema.org/draft-07/schema#";
    const check = jsonCheck({ $schema, $id: "one", type: "string" });
    const other = jsonCheck({ $schema, $id: "one", type: "number" });
    expect(check("x")).toBeUndefined();
    expect(other("x")).toBe("must be number");
  });

  it("asks for names that every object of JavaScript has, as for any other", () => {
    const check = jsonCheck({ type: "object", required: ["toString"], properties: { toString: {} } });
    expect(check({})).toBe("must have required property 'toString'");
    expect(check(JSON.parse('{"toString": 1}'))).toBeUndefined();
  });

  it("survives constants that the validator's comparison trips over", () => {
    const constant = JSON.parse('{"toString": 1}');
    expect(jsonCheck({ const: constant })({ toString: 2 })).toBeDefined();
  });

  it("takes thousands of properties", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`p${index}`, { type: "object", properties: { x: {} } }]),
    );
    const check = jsonCheck({ type: "object", properties });
    expect(check({ p2999: {} })).toBeUndefined();
    expect(check({ p2999: 1 })).toContain("/p2999 must be object");
  });

  it("shows names from outside without harm, and not more than a line", () => {
    const name = `\u001b[31m${"x".repeat(2000)}`;
    const problem = jsonCheck({ type: "object", required: [name] })({});
    expect(problem).toContain("\\x1b[31m");
    expect(problem!.length).toBeLessThanOrEqual(500);
  });

  it("refuses a schema that cannot be compiled", () => {
    expect(() => jsonCheck({ $ref: "http://127.0.0.1/schema" })).toThrow(/cannot be checked/);
  });
});
