/** Plain completions: as one document, and as a stream of pieces of the same form. */

import type { AnswerEvent, AnswerToken } from "../../answer/index.ts";
import type { Dispatched } from "../dispatch/dispatch.ts";
import { type Answering, type EndEvent, systemFingerprint, totalUsage, usageBody } from "./answering.ts";
import { FINISH_REASONS } from "./chat-reply.ts";
import {
  type CompletionLogprobs,
  createLogprobLists,
  promptText,
  promptTokens,
} from "./completion-logprobs.ts";
import type { CompletionForm } from "./completion-request.ts";
import { DONE, dataFrame } from "./event-stream.ts";
import { replyExtension } from "./reply-extension.ts";
import { newId } from "./serve-answer.ts";
import { tokenNames } from "./token-text.ts";

/** A piece of one choice. */
interface Piece {
  readonly choice: number;
  readonly text: string;
  readonly logprobs: CompletionLogprobs | null;
  readonly end: EndEvent | undefined;
}

/** Echoed prompts first, then what the model writes, in the order in which it comes. */
async function* pieces(answering: Answering, form: CompletionForm): AsyncGenerator<Piece> {
  const { dispatched, work } = answering;
  const { prompts, n, echo, logprobs, generate } = form;
  const names = dispatched.map(({ model }) => tokenNames(model));
  const lists = Array.from({ length: prompts.length * n }, (_, choice) =>
    createLogprobLists(names[Math.floor(choice / n)]!),
  );
  const piece = async (choice: number, text: string, tokens: readonly AnswerToken[]): Promise<Piece> => ({
    choice,
    text,
    logprobs: logprobs === undefined ? null : await lists[choice]!(tokens),
    end: undefined,
  });
  if (echo)
    for (const [index, prompt] of prompts.entries()) {
      const text = promptText(dispatched[index]!, prompt);
      const tokens =
        logprobs === undefined ? [] : await promptTokens(dispatched[index]!, prompt, logprobs, work);
      for (let sample = 0; sample < n; sample++) yield piece(index * n + sample, text, tokens);
    }
  for await (const event of generate ? answering.events : leftUnread(dispatched, n)) {
    if (event.type === "text") {
      if (event.text !== "" || (logprobs !== undefined && event.tokens.length > 0))
        yield piece(event.choice, event.text, event.tokens);
    } else if (event.type === "end") yield { choice: event.choice, text: "", logprobs: null, end: event };
  }
}

/** Gives the models back without an answer; the prompt is what was computed. */
async function* leftUnread(dispatched: readonly Dispatched[], n: number): AsyncGenerator<AnswerEvent> {
  for (const [prompt, { events, promptIds }] of dispatched.entries()) {
    await events[Symbol.asyncIterator]().return?.();
    for (let sample = 0; sample < n; sample++)
      yield {
        type: "end",
        choice: prompt * n + sample,
        reason: "length",
        usage: { promptTokens: promptIds.length, cachedTokens: 0, completionTokens: 0 },
        confidence: undefined,
        ids: [],
        timings: undefined,
      };
  }
}

function commonFields(answering: Answering) {
  return {
    id: newId("cmpl-"),
    object: "text_completion",
    created: answering.created,
    model: answering.model,
    system_fingerprint: systemFingerprint(answering.dispatched[0]),
  };
}

/** Reads the events to their end. @throws what they throw */
export async function completionReply(answering: Answering, form: CompletionForm): Promise<object> {
  const choices = Array.from({ length: form.prompts.length * form.n }, () => [] as Piece[]);
  for await (const piece of pieces(answering, form)) choices[piece.choice]!.push(piece);
  const ends = choices.flatMap((parts) => parts.flatMap(({ end }) => end ?? []));
  return {
    ...commonFields(answering),
    choices: choices.map((parts, index) => ({
      index,
      text: parts.map(({ text }) => text).join(""),
      logprobs: form.logprobs === undefined ? null : joined(parts.flatMap(({ logprobs }) => logprobs ?? [])),
      finish_reason: FINISH_REASONS[parts.at(-1)!.end!.reason],
    })),
    usage: usageBody(totalUsage(ends, form.n)),
    assay: replyExtension(answering, ends),
  };
}

function joined(lists: readonly CompletionLogprobs[]): CompletionLogprobs {
  return {
    tokens: lists.flatMap(({ tokens }) => tokens),
    token_logprobs: lists.flatMap((list) => list.token_logprobs),
    top_logprobs: lists.flatMap((list) => list.top_logprobs),
    text_offset: lists.flatMap((list) => list.text_offset),
  };
}

/** Frames of the stream, the last of them "[DONE]". @throws what the events throw */
export async function* completionChunks(
  answering: Answering,
  form: CompletionForm,
  includeUsage: boolean,
): AsyncGenerator<string> {
  const common = commonFields(answering);
  const usage = includeUsage ? { usage: null } : {};
  const ends: EndEvent[] = [];
  for await (const { choice, text, logprobs, end } of pieces(answering, form)) {
    if (end) ends.push(end);
    const last = ends.length === form.prompts.length * form.n && !includeUsage;
    yield dataFrame({
      ...common,
      choices: [{ index: choice, text, logprobs, finish_reason: end ? FINISH_REASONS[end.reason] : null }],
      ...usage,
      ...(last && { assay: replyExtension(answering, ends) }),
    });
  }
  if (includeUsage)
    yield dataFrame({
      ...common,
      choices: [],
      usage: usageBody(totalUsage(ends, form.n)),
      assay: replyExtension(answering, ends),
    });
  yield DONE;
}
