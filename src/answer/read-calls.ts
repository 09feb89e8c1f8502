/** An answer that lists calls -> calls that have been checked, each with an id. */

import { randomBytes } from "node:crypto";
import type { ToolCall } from "./answer-request.ts";
import { CALLS_KEY } from "./call-beginning.ts";
import type { JsonCheck } from "./validate-json.ts";

/** What a text held: calls, or what is wrong with it. */
export type ReadCalls =
  | { readonly calls: readonly ToolCall[]; readonly problem?: undefined }
  | { readonly calls?: undefined; readonly problem: string };

/**
 * Reads a whole answer. Arguments are written anew from what was checked, so that a reader that takes the first of
 * two equal keys gets the same as one that takes the last.
 * @param tools the check of each tool's arguments, by name
 */
export function readCalls(text: string, tools: ReadonlyMap<string, JsonCheck>): ReadCalls {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { problem: "the answer is not JSON" };
  }
  const listed = memberOf(answer, CALLS_KEY);
  if (!Array.isArray(listed) || listed.length === 0 || Object.keys(answer as object).length > 1)
    return { problem: `the answer is not an object with a list "${CALLS_KEY}"` };
  const calls: ToolCall[] = [];
  for (const [index, entry] of listed.entries()) {
    const name = memberOf(entry, "name");
    const check = typeof name === "string" ? tools.get(name) : undefined;
    if (check === undefined) return { problem: `call ${index + 1} names no tool that was given` };
    const values = memberOf(entry, "arguments");
    const problem = isObject(values) ? check(values) : "the arguments are no object";
    if (problem !== undefined) return { problem: `call ${index + 1} of ${name}: ${problem}` };
    calls.push({ id: newCallId(), name: name as string, arguments: JSON.stringify(values) });
  }
  return { calls };
}

/** "call_" and 24 random characters, as OpenAI's look. */
export function newCallId(): string {
  return `call_${randomBytes(12).toString("hex")}`;
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
