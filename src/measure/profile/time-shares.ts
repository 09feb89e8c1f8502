/** Where the time of requests goes: prompts, answers, sampling, grammars, and what is none of these. */

import type { LanguageModel, StepTimes } from "../../engine/index.ts";
import { createRandom } from "../../random.ts";
import { randomPrompt } from "../models/measure-speed.ts";

/** The parts, in the order of the bar. */
export const TIME_PARTS = ["prompt", "decode", "sampling", "grammar", "waiting"] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** Seconds of each part; they add up to `total`. */
export interface TimeShares {
  readonly workload: "free text" | "JSON by grammar";
  readonly requests: number;
  readonly total: number;
  readonly seconds: Readonly<Record<TimePart, number>>;
}

export interface TimeSharesOptions {
  readonly parallel: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly seed: number;
  /** What the model was opened to tell its steps to; emptied before each workload. */
  readonly steps: StepTimes[];
  readonly signal?: AbortSignal | undefined;
}

/** A long object, so that the grammar is at work for a whole answer. */
const SCHEMA = {
  type: "object",
  properties: { items: { type: "array", minItems: 40, items: { type: "string", maxLength: 12 } } },
  required: ["items"],
  additionalProperties: false,
};
const SAMPLING = { temperature: 0.8, topP: 0.95 };

/** Runs the two workloads one after the other on a model that tells its steps. @throws CANCELLED */
export async function measureTimes(model: LanguageModel, options: TimeSharesOptions): Promise<TimeShares[]> {
  const free = await runWorkload(model, options, undefined);
  const constrained = await runWorkload(model, options, SCHEMA);
  const perToken = msPerToken(free.steps, "free");
  const of = ({ steps, total }: Workload, workload: TimeShares["workload"]): TimeShares => ({
    workload,
    requests: options.parallel,
    total,
    seconds: timeShares(steps, total, perToken),
  });
  return [of(free, "free text"), of(constrained, "JSON by grammar")];
}

interface Workload {
  readonly steps: readonly StepTimes[];
  readonly total: number;
}

async function runWorkload(
  model: LanguageModel,
  { parallel, promptTokens, newTokens, seed, steps, signal }: TimeSharesOptions,
  jsonSchema: object | undefined,
): Promise<Workload> {
  const random = createRandom(seed + (jsonSchema ? 1 : 0));
  const prompts = Array.from({ length: parallel }, () => randomPrompt(model, promptTokens, random));
  steps.length = 0;
  const started = performance.now();
  await Promise.all(
    prompts.map(async (prompt, index) => {
      const request = { prompt, maxTokens: newTokens, ignoreEos: !jsonSchema, seed: seed + index, signal };
      const events = model.generate({ ...request, ...SAMPLING, ...(jsonSchema && { jsonSchema }) });
      for await (const _ of events);
    }),
  );
  return { steps: [...steps], total: (performance.now() - started) / 1000 };
}

function msPerToken(steps: readonly StepTimes[], kind: "free" | "constrained"): number {
  const tokens = steps.reduce((sum, step) => sum + step[kind].tokens, 0);
  return tokens === 0 ? 0 : steps.reduce((sum, step) => sum + step[kind].ms, 0) / tokens;
}

/**
 * Adds up steps. A decode's time is split by its tokens. llama.cpp samples and obeys the grammar in one, so the
 * grammar's share is what a constrained token costs beyond a free one; waiting is what is left: queues, this
 * program, the reader.
 * @param total seconds by the clock
 * @param freeMs milliseconds to choose a token without a grammar
 */
export function timeShares(
  steps: readonly StepTimes[],
  total: number,
  freeMs: number,
): Record<TimePart, number> {
  const parts = { prompt: 0, decode: 0, sampling: 0, grammar: 0, waiting: 0 };
  for (const { tokens, decodeMs, free, constrained } of steps) {
    const all = tokens.prompt + tokens.generating + tokens.probing;
    parts.prompt += (decodeMs / 1000) * ((tokens.prompt + tokens.probing) / all);
    parts.decode += (decodeMs / 1000) * (tokens.generating / all);
    const plain = Math.min(constrained.ms, constrained.tokens * freeMs);
    parts.sampling += (free.ms + plain) / 1000;
    parts.grammar += (constrained.ms - plain) / 1000;
  }
  const known = parts.prompt + parts.decode + parts.sampling + parts.grammar;
  return { ...parts, waiting: Math.max(0, total - known) };
}
