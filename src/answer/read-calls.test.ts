import { describe, expect, it } from "vitest";
import { readCalls } from "./read-calls.ts";
import { jsonCheck } from "./validate-json.ts";

const tools = new Map([
  ["add", jsonCheck({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] })],
]);

describe("calls that were read", () => {
  it("have ids of their own and the arguments that were checked", () => {
    const one = '{"name":"add","arguments":{"a": 7, "a": 1}}';
    const { calls } = readCalls(`{"tool_calls":[${one},${one}]}`, tools);
    expect(calls).toEqual(
      [1, 2].map(() => ({ id: expect.stringMatching(/^call_\w{24}$/), name: "add", arguments: '{"a":1}' })),
    );
    expect(new Set(calls!.map(({ id }) => id)).size).toBe(2);
  });

  it.each([
    ["", "not JSON"],
    ['{"tool_calls":[{"name":"add"', "not JSON"],
    ["null", "not an object with a list"],
    ['{"tool_calls":[]}', "not an object with a list"],
    ['{"tool_calls":[{"name":"add","arguments":{"a":1}}],"more":1}', "not an object with a list"],
    ['{"tool_calls":[null]}', "names no tool"],
    ['{"tool_calls":[{"name":"constructor","arguments":{}}]}', "names no tool"],
    ['{"tool_calls":[{"name":"add","arguments":[]}]}', "no object"],
    ['{"tool_calls":[{"name":"add","arguments":{"a":"x"}}]}', "call 1 of add: /a must be integer"],
  ])("are none in %s", (text, problem) => {
    expect(readCalls(text, tools).problem).toContain(problem);
  });
});
