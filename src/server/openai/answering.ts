/** One request's answers on their way: those of several prompts joined into one stream, and what is said about them. */

import type { AnswerEvent, AnswerUsage } from "../../answer/index.ts";
import type { WorkOptions } from "../../engine/index.ts";
import type { Dispatched } from "../dispatch/dispatch.ts";

export type EndEvent = Extract<AnswerEvent, { type: "end" }>;

/** What the replies of every protocol are made from. */
export interface Answering {
  /** One for each prompt. */
  readonly dispatched: readonly [Dispatched, ...Dispatched[]];
  /** Choices of the second prompt come after those of the first: prompt times n plus sample. */
  readonly events: AsyncIterable<AnswerEvent>;
  /** Seconds since 1970 of the request. */
  readonly created: number;
  /** As it was asked for: clients warn when a reply names another (autogen-ext). */
  readonly model: string;
  /** For work beside the events; what ends it is the signal of each of `dispatched`. */
  readonly work: Omit<WorkOptions, "signal">;
}

/** The events of several answers as they come, choices counted through. */
export async function* joinAnswers(
  dispatched: readonly Dispatched[],
  n: number,
): AsyncGenerator<AnswerEvent> {
  if (dispatched.length === 1) {
    yield* dispatched[0]!.events;
    return;
  }
  const sources = dispatched.map(({ events }) => events[Symbol.asyncIterator]());
  const next = (prompt: number) => {
    const step = sources[prompt]!.next().then((step) => ({ prompt, step }));
    // It may fail while the reader is busy with another's; the next race hears of it.
    step.catch(() => {});
    return step;
  };
  const waiting = new Map(sources.map((_, prompt) => [prompt, next(prompt)]));
  try {
    while (waiting.size > 0) {
      const { prompt, step } = await Promise.race(waiting.values());
      if (step.done) waiting.delete(prompt);
      else {
        waiting.set(prompt, next(prompt));
        yield { ...step.value, choice: prompt * n + step.value.choice };
      }
    }
  } finally {
    // Those that are still under way end with the request, whose first error is the one that is told.
    for (const prompt of waiting.keys()) sources[prompt]!.return?.().catch(() => {});
  }
}

/** Samples share their prompt, so it counts once; of what each took from the cache the first one's figure is right. */
export function totalUsage(ends: readonly EndEvent[], n: number): AnswerUsage {
  const sum = (figure: (end: EndEvent) => number) => ends.reduce((total, end) => total + figure(end), 0);
  const ofFirst = (figure: (usage: AnswerUsage) => number) =>
    sum(({ choice, usage }) => (choice % n === 0 ? figure(usage) : 0));
  return {
    promptTokens: ofFirst((usage) => usage.promptTokens),
    cachedTokens: ofFirst((usage) => usage.cachedTokens),
    completionTokens: sum(({ usage }) => usage.completionTokens),
  };
}

/** In the form of chat and plain completions. */
export function usageBody({ promptTokens, cachedTokens, completionTokens }: AnswerUsage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Which file and quantisation answered: changes when answers may. */
export function systemFingerprint({ served }: Dispatched): string {
  return `fp_${served.fingerprint.slice(0, 12)}`;
}
