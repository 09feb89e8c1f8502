/** A chat completion as one document. */

import type { AnswerToken, ToolCall } from "../../answer/index.ts";
import { type Answering, type EndEvent, systemFingerprint, totalUsage, usageBody } from "./answering.ts";
import { type ChatLogprob, chatLogprobs } from "./chat-logprobs.ts";
import { replyExtension } from "./reply-extension.ts";
import { newId } from "./serve-answer.ts";
import { tokenNames } from "./token-text.ts";

/** @param logprobs whether they were asked for */
export interface ChatForm {
  readonly n: number;
  readonly logprobs: boolean;
}

export const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
} as const satisfies Record<EndEvent["reason"], string>;

interface Choice {
  text: string;
  tokens: AnswerToken[];
  calls: readonly ToolCall[] | undefined;
  end: EndEvent | undefined;
}

/** Reads the events to their end. @throws what they throw */
export async function chatReply(answering: Answering, { n, logprobs }: ChatForm): Promise<object> {
  const choices: Choice[] = Array.from({ length: n }, () => ({
    text: "",
    tokens: [],
    calls: undefined,
    end: undefined,
  }));
  for await (const event of answering.events) {
    const choice = choices[event.choice]!;
    if (event.type === "text") {
      choice.text += event.text;
      if (logprobs) choice.tokens.push(...event.tokens);
    } else if (event.type === "calls") choice.calls = event.calls;
    else choice.end = event;
  }
  const ends = choices.flatMap(({ end }) => end ?? []);
  const names = tokenNames(answering.dispatched[0].model);
  return {
    id: newId("chatcmpl-"),
    object: "chat.completion",
    created: answering.created,
    model: answering.model,
    choices: await Promise.all(
      choices.map(async ({ text, tokens, calls, end }, index) => ({
        index,
        message: message(text, calls),
        logprobs: logprobs ? logprobsBody(await chatLogprobs(tokens, names)) : null,
        finish_reason: FINISH_REASONS[end!.reason],
      })),
    ),
    usage: usageBody(totalUsage(ends, n)),
    system_fingerprint: systemFingerprint(answering.dispatched[0]),
    assay: replyExtension(answering, ends),
  };
}

export const logprobsBody = (content: readonly ChatLogprob[]) => ({ content, refusal: null });

/** `tool_calls: []` would count as a call (AutoGen #3120, #5814), so without calls the key is not there. */
function message(text: string, calls: readonly ToolCall[] | undefined) {
  const common = { role: "assistant", refusal: null };
  if (!calls || calls.length === 0) return { ...common, content: text };
  return { ...common, content: null, tool_calls: calls.map(callBody) };
}

/** `arguments` stays JSON text: clients parse it themselves. */
export function callBody({ id, name, arguments: json }: ToolCall) {
  return { id, type: "function", function: { name, arguments: json } };
}
