/**
 * Speed of an open model under so many requests at a time, in rounds of two parts as llama-bench has them: the
 * prompts alone, then answers after prompts that are in the cache already. So neither part's figure holds work of
 * the other.
 */

import type { LanguageModel, Tokenizer } from "../../engine/index.ts";
import { createRandom } from "../../random.ts";

export interface SpeedPlan {
  /** Requests at a time, one measurement each. */
  readonly parallel: readonly number[];
  /** Tokens of each prompt. */
  readonly promptTokens: number;
  /** Tokens of each answer. */
  readonly newTokens: number;
  /** Each measurement goes on for so long at least; a round is always finished. */
  readonly seconds: number;
  readonly seed: number;
}

/** What a round asked and got: enough to do the same decodes again. */
export interface Round {
  /** Ids, [parallel][promptTokens]. */
  readonly prompts: readonly (readonly number[])[];
  /** Ids, [parallel][newTokens]. */
  readonly answers: readonly (readonly number[])[];
}

/** Seconds for the two parts of a round. */
export interface PartSeconds {
  readonly prompt: number;
  readonly generation: number;
}

/** Decodes a round's tokens again with nothing around llama.cpp's own call. */
export type BareDecode = (round: Round) => Promise<PartSeconds>;

/** Tokens a second of both parts. */
export interface PartSpeeds {
  readonly prompt: number;
  readonly generation: number;
}

/** One measurement: all rounds at a number of requests. */
export interface SpeedSample extends PartSpeeds {
  readonly parallel: number;
  readonly rounds: number;
  /** Milliseconds from each request to its first token, all requests of a round being made at once. */
  readonly ttftMs: readonly number[];
  /** llama.cpp's own; undefined where it was not measured. */
  readonly bare: PartSpeeds | undefined;
}

export interface MeasureSpeedOptions {
  readonly plan: SpeedPlan;
  /** Runs after each round of ours, so that both see the same machine. */
  readonly bare?: BareDecode | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each round, for a decode that has to wait until the model is closed. */
  readonly onRound?: ((round: Round) => void) | undefined;
  /** Numbers of requests measured so far. */
  readonly onSample?: ((done: number) => void) | undefined;
}

/** Tokens of context that the plan's largest measurement fills. */
export function contextNeeded({ parallel, promptTokens, newTokens }: Omit<SpeedPlan, "seconds" | "seed">) {
  return Math.max(...parallel) * (promptTokens + newTokens);
}

/** Measures each number of requests in turn. @throws CANCELLED, CONTEXT_FULL */
export async function measureSpeed(
  model: LanguageModel,
  { plan, bare, signal, onRound, onSample }: MeasureSpeedOptions,
): Promise<SpeedSample[]> {
  const random = createRandom(plan.seed);
  const samples: SpeedSample[] = [];
  for (const parallel of plan.parallel) {
    const ours = { prompt: 0, generation: 0 };
    const theirs = { prompt: 0, generation: 0 };
    const ttftMs: number[] = [];
    let rounds = 0;
    do {
      const prompts = Array.from({ length: parallel }, () => randomPrompt(model, plan.promptTokens, random));
      const { round, seconds, firsts } = await runRound(model, prompts, plan.newTokens, signal);
      addTo(ours, seconds);
      if (bare) addTo(theirs, await bare(round));
      ttftMs.push(...firsts);
      rounds++;
      onRound?.(round);
    } while (ours.prompt + ours.generation < plan.seconds);
    const speeds = (seconds: PartSeconds) => partSpeeds(plan, parallel * rounds, seconds);
    samples.push({ parallel, rounds, ...speeds(ours), ttftMs, bare: bare && speeds(theirs) });
    onSample?.(samples.length);
  }
  return samples;
}

/** Tokens a second of so many requests; an answer's first token belongs to the prompt's decode. */
export function partSpeeds(
  { promptTokens, newTokens }: Pick<SpeedPlan, "promptTokens" | "newTokens">,
  requests: number,
  seconds: PartSeconds,
): PartSpeeds {
  return {
    prompt: (requests * promptTokens) / seconds.prompt,
    generation: (requests * (newTokens - 1)) / seconds.generation,
  };
}

async function runRound(
  model: LanguageModel,
  prompts: readonly number[][],
  newTokens: number,
  signal: AbortSignal | undefined,
) {
  const started = performance.now();
  const firsts = await Promise.all(
    prompts.map(async (prompt) => (await follow(model, prompt, 1, signal)).firstAt - started),
  );
  const prompted = performance.now();
  const answers = await Promise.all(prompts.map((prompt) => follow(model, prompt, newTokens, signal)));
  // Until all have begun, some of the time is still spent on what is left of the prompts.
  const begun = Math.max(...answers.map(({ firstAt }) => firstAt));
  return {
    round: { prompts, answers: answers.map(({ ids }) => ids) },
    seconds: { prompt: (prompted - started) / 1000, generation: (performance.now() - begun) / 1000 },
    firsts,
  };
}

/** One greedy answer of exactly so many tokens. */
async function follow(
  model: LanguageModel,
  prompt: readonly number[],
  maxTokens: number,
  signal: AbortSignal | undefined,
) {
  const ids: number[] = [];
  let firstAt = 0;
  for await (const event of model.generate({ prompt, maxTokens, ignoreEos: true, signal })) {
    if (event.type !== "token") continue;
    firstAt ||= performance.now();
    ids.push(event.id);
  }
  return { ids, firstAt };
}

/** Ids drawn from the normal tokens: no two prompts begin alike, so the cache has nothing to give. */
export function randomPrompt(model: Tokenizer, tokens: number, random: () => number): number[] {
  const { bos, vocabulary } = model.info;
  const prompt = bos === undefined ? [] : [bos];
  // A vocabulary without normal tokens would make this endless; then any id will do.
  for (let tries = 0; prompt.length < tokens; tries++) {
    const id = Math.floor(random() * vocabulary);
    if (model.tokenKind(id) === "normal" || tries > 100 * tokens) prompt.push(id);
  }
  return prompt;
}

function addTo(sum: { prompt: number; generation: number }, { prompt, generation }: PartSeconds): void {
  sum.prompt += prompt;
  sum.generation += generation;
}
