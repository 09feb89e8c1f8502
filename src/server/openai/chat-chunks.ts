/**
 * A chat completion as a stream of chunks, by the rules that clients rely on (autogen-ext's _openai_client.py and
 * openai-node's ChatCompletionStream): the role first and alone, never text and calls in one delta, a call's id and
 * name once, usage in a chunk of its own whose choices are empty.
 */

import type { AnswerEvent } from "../../answer/index.ts";
import { type Answering, type EndEvent, systemFingerprint, totalUsage, usageBody } from "./answering.ts";
import { chatLogprobs } from "./chat-logprobs.ts";
import { type ChatForm, callBody, FINISH_REASONS, logprobsBody } from "./chat-reply.ts";
import { DONE, dataFrame } from "./event-stream.ts";
import { replyExtension } from "./reply-extension.ts";
import { newId } from "./serve-answer.ts";
import { tokenNames } from "./token-text.ts";

interface ChunkForm extends ChatForm {
  /** Whether a last chunk tells the usage; the others then say null, as OpenAI's do. */
  readonly includeUsage: boolean;
}

/** Frames of the stream, the last of them "[DONE]". @throws what the events throw */
export async function* chatChunks(answering: Answering, form: ChunkForm): AsyncGenerator<string> {
  const { n, includeUsage } = form;
  const common = {
    id: newId("chatcmpl-"),
    object: "chat.completion.chunk",
    created: answering.created,
    model: answering.model,
    system_fingerprint: systemFingerprint(answering.dispatched[0]),
  };
  const usage = includeUsage ? { usage: null } : {};
  const deltas = chatDeltas(answering, form);
  const begun = new Set<number>();
  const ends: EndEvent[] = [];
  for await (const event of answering.events) {
    const { choice: index } = event;
    const chunk = (delta: object, logprobs: object | null = null, finish: string | null = null) => ({
      ...common,
      choices: [{ index, delta, logprobs, finish_reason: finish }],
      ...usage,
    });
    if (!begun.has(index)) {
      begun.add(index);
      yield dataFrame(chunk({ role: "assistant", content: event.type === "calls" ? null : "" }));
    }
    for (const { delta, logprobs } of await deltas(event)) yield dataFrame(chunk(delta, logprobs));
    if (event.type !== "end") continue;
    ends.push(event);
    const last = ends.length === n && !includeUsage;
    yield dataFrame({
      ...chunk({}, null, FINISH_REASONS[event.reason]),
      ...(last && { assay: replyExtension(answering, ends) }),
    });
  }
  if (includeUsage)
    yield dataFrame({
      ...common,
      choices: [],
      usage: usageBody(totalUsage(ends, n)),
      assay: replyExtension(answering, ends),
    });
  yield DONE;
}

interface Delta {
  readonly delta: object;
  readonly logprobs: object | null;
}

function chatDeltas({ dispatched }: Answering, { logprobs }: ChatForm) {
  const names = tokenNames(dispatched[0].model);
  return async (event: AnswerEvent): Promise<Delta[]> => {
    if (event.type === "calls")
      return event.calls.flatMap((call, index) => callDeltas(index, callBody(call)));
    if (event.type === "end") return [];
    const { text, tokens } = event;
    // Within a character of several tokens there is no text yet, and nothing to say unless each token counts.
    if (text === "" && !(logprobs && tokens.length > 0)) return [];
    return [
      {
        delta: { content: text },
        logprobs: logprobs ? logprobsBody(await chatLogprobs(tokens, names)) : null,
      },
    ];
  };
}

/** Clients join the fields of a call's deltas as strings, so what is said twice stands there twice. */
function callDeltas(index: number, call: ReturnType<typeof callBody>): Delta[] {
  const { name, arguments: json } = call.function;
  const deltas = [{ ...call, function: { name, arguments: "" } }, { function: { arguments: json } }];
  return deltas.map((fields) => ({ delta: { tool_calls: [{ index, ...fields }] }, logprobs: null }));
}
