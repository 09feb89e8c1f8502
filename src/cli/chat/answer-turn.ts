/** One turn: room is made, the prompt prepared, the answer streamed, and all of it told in figures. */

import {
  type AnswerFormat,
  type AnswerRequest,
  type AnswerToken,
  type GuardMode,
  type GuardReport,
  type PreparedAnswer,
  type PromptGuard,
  prepareAnswer,
  runAnswer,
} from "../../answer/index.ts";
import type { LanguageModel, SamplingOptions } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import { type Conversation, messagesOf, type Turn, withTurn } from "./conversation.ts";
import { makeRoom, type RoomMade, type WhenFull } from "./make-room.ts";
import { summariseTurns } from "./summarise-turns.ts";

/** What holds for every turn of a chat. */
export interface ChatSettings {
  readonly sampling: SamplingOptions;
  readonly seed: number;
  readonly stop: readonly string[] | undefined;
  readonly format: AnswerFormat | undefined;
  /** Undefined: all that the context leaves. */
  readonly maxTokens: number | undefined;
  /** Tokens kept free for an answer. */
  readonly reserve: number;
  readonly whenFull: WhenFull;
}

export interface TurnWishes {
  readonly guard: PromptGuard | undefined;
  readonly mode: GuardMode;
  /** Ends the answer; what was said is kept. */
  readonly signal: AbortSignal;
  /** Another draw of the same turn. @default 0 */
  readonly attempt?: number;
  /** The prompt is ready; its tokens are about to be computed. */
  onPrompt?(tokens: number, room: RoomMade | undefined): void;
  /** A summary is about to be written. */
  onCompress?(turns: number): void;
  onText(text: string): void;
}

/** A turn that was answered, in figures. */
export interface TurnDone {
  readonly conversation: Conversation;
  readonly text: string;
  /** "stopped": by the user. */
  readonly reason: "stop" | "length" | "stopped";
  readonly promptTokens: number;
  /** Undefined where the answer was stopped: the engine tells it at the end. */
  readonly cachedTokens: number | undefined;
  readonly completionTokens: number;
  /** From the first new token to the last. */
  readonly seconds: number;
  readonly guard: GuardReport;
  readonly room: RoomMade | undefined;
  /** What was changed to fit the chat template, one sentence each. */
  readonly rewrites: readonly string[];
  /** Prompt and answer, for the conversation's cache. */
  readonly ids: readonly number[];
}

/**
 * Answers a text in a conversation. The conversation that comes back has the turn, unless nothing was said.
 * @throws CONTEXT_FULL, GUARD_REFUSED, OUTPUT_INVALID; CANCELLED where it was stopped before the answer began
 */
export async function answerTurn(
  model: LanguageModel,
  settings: ChatSettings,
  before: Conversation,
  text: string,
  wishes: TurnWishes,
): Promise<TurnDone> {
  const { guard, mode, signal } = wishes;
  const ready = new Map<Conversation, PreparedAnswer>();
  const count = async (conversation: Conversation): Promise<number> => {
    try {
      const request = requestOf(settings, conversation, text, wishes.attempt);
      const prepared = await prepareAnswer(model, request, { guard, mode });
      ready.set(conversation, prepared);
      return prepared.generate.prompt.length;
    } catch (error) {
      // What is too long has a length all the same.
      if (isAppError(error) && error.code === "CONTEXT_FULL") return Number(error.details?.promptTokens);
      throw error;
    }
  };
  const { context } = model.info;
  const { conversation, made } = await makeRoom(before, {
    context,
    reserve: settings.reserve,
    whenFull: settings.whenFull,
    count,
    async summarise(turns, earlier, most) {
      wishes.onCompress?.(turns.length);
      return summariseTurns(model, { turns, earlier }, most, { signal, guard: { guard, mode } });
    },
  });
  signal.throwIfAborted();
  const counted = ready.get(conversation)!;
  const { prompt } = counted.generate;
  const maxTokens = Math.min(settings.maxTokens ?? context, context - prompt.length);
  const prepared = { ...counted, generate: { ...counted.generate, maxTokens } };
  wishes.onPrompt?.(prompt.length, made);

  let said = "";
  const tokens: AnswerToken[] = [];
  let firstAt: number | undefined;
  const done = (rest: Pick<TurnDone, "reason" | "cachedTokens" | "completionTokens" | "seconds" | "ids">) => {
    const turn: Turn = {
      user: text,
      assistant: said,
      ...(rest.reason === "stopped" && { stopped: true as const }),
    };
    return {
      ...rest,
      conversation: said.trim() === "" ? conversation : withTurn(conversation, turn),
      text: said,
      promptTokens: prompt.length,
      guard: prepared.guard,
      room: made,
      rewrites: prepared.rewrites,
    };
  };
  const elapsed = () => (firstAt === undefined ? 0 : (performance.now() - firstAt) / 1_000);
  try {
    for await (const event of runAnswer(model, prepared, { signal })) {
      if (event.type === "text") {
        firstAt ??= performance.now();
        said += event.text;
        tokens.push(...event.tokens);
        wishes.onText(event.text);
      }
      if (event.type === "end") {
        const { reason, usage, ids, timings } = event;
        return done({
          reason: reason === "length" ? "length" : "stop",
          cachedTokens: usage.cachedTokens,
          completionTokens: usage.completionTokens,
          seconds: timings === undefined ? elapsed() : timings.generation / 1_000,
          ids: [...prompt, ...ids],
        });
      }
    }
  } catch (error) {
    if (!signal.aborted || !isAppError(error) || error.code !== "CANCELLED" || said === "") throw error;
    const ids = [...prompt, ...tokens.map(({ id }) => id)];
    const figures = { cachedTokens: undefined, completionTokens: tokens.length, seconds: elapsed() };
    return done({ reason: "stopped", ...figures, ids });
  }
  throw new AppError("CANCELLED", "The answer was stopped.");
}

/** What the model would be asked with this text; how long its answer may be is known when the prompt is. */
export function requestOf(
  { sampling, seed, stop, format }: Pick<ChatSettings, "sampling" | "seed" | "stop" | "format">,
  conversation: Conversation,
  text: string,
  attempt = 0,
): AnswerRequest {
  return {
    ...sampling,
    input: { type: "messages", messages: messagesOf(conversation, text) },
    seed: (seed + attempt) >>> 0,
    stop,
    format,
    maxTokens: 1,
  };
}
