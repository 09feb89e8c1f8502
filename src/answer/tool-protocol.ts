/**
 * How calls and results are written for models that know nothing of tools: as a JSON object that any model which
 * writes JSON can write, and as plain user text. docs/decisions has why, docs/tools.md the whole page.
 */

import type { AnswerTool, ToolCall } from "./answer-request.ts";
import { CALLS_KEY } from "./call-beginning.ts";
import { describeSchema, shortText } from "./describe-schema.ts";

/** Calls as the model itself would have written them. */
export function writeCalls(calls: readonly ToolCall[]): string {
  const written = calls.map(
    (call) => `{"name": ${JSON.stringify(call.name)}, "arguments": ${compactJson(call.arguments)}}`,
  );
  return `{"${CALLS_KEY}": [${written.join(", ")}]}`;
}

/** Histories come from clients, and from other models: what is no JSON is kept as a string. */
function compactJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return JSON.stringify(text);
  }
}

/** A call that a result answers: `index` of `count` in its message. */
export interface AnsweredCall {
  readonly name: string;
  readonly index: number;
  readonly count: number;
}

/** A tool's result as user text that says which call it answers; ids would cost 20 tokens each and tell nothing. */
export function writeResult(content: string, call: AnsweredCall | undefined): string {
  if (call === undefined) return `Result of a tool:\n${content}`;
  const which = call.count > 1 ? `call ${call.index + 1}, ${call.name}` : call.name;
  return `Result of ${which}:\n${content}`;
}

/**
 * The tools and the form of a call, as system text.
 * @param otherwise what to answer where no tool is needed; undefined: a call has to come
 */
export function describeTools(
  tools: readonly AnswerTool[],
  { parallel, otherwise }: { parallel: boolean; otherwise: string | undefined },
): string {
  const lines = tools.map(({ name, description, parameters }) => {
    const about = shortText(description);
    return `- ${name} ${describeSchema(parameters ?? { type: "object" })}${about && `: ${about}`}`;
  });
  const calls = `${parallel ? "one or more calls" : "one call"} in this form and nothing else`;
  const form = `{"${CALLS_KEY}": [{"name": "...", "arguments": {...}}]}`;
  const when = otherwise === undefined ? "Answer with" : "To use tools, answer with";
  return [`Tools:`, ...lines, `${when} ${calls}: ${form}`, ...(otherwise ? [`Else ${otherwise}`] : [])].join(
    "\n",
  );
}
