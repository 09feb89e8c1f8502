/** A long run of requests, with the process's memory sampled meanwhile. */

import type { LanguageModel } from "../../engine/index.ts";
import { createRandom } from "../../random.ts";
import { randomPrompt, type SpeedPlan } from "./measure-speed.ts";
import { type MemorySample, type MemorySlope, memorySlope } from "./memory-slope.ts";

export interface SoakOptions {
  readonly plan: Pick<SpeedPlan, "parallel" | "promptTokens" | "newTokens" | "seed">;
  readonly seconds: number;
  /** Resident bytes of this process. */
  readonly residentBytes: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Whole seconds done. */
  readonly onSecond?: ((done: number) => void) | undefined;
}

/** What a long run showed. */
export interface SoakResult {
  readonly seconds: number;
  readonly requests: number;
  readonly tokens: number;
  /** Undefined where the run was too short for a line. */
  readonly slope: MemorySlope | undefined;
}

const SAMPLE_EVERY_MS = 250;

/** Keeps the largest number of requests running until the time is over. @throws CANCELLED */
export async function measureSoak(model: LanguageModel, options: SoakOptions): Promise<SoakResult> {
  const { plan, seconds, residentBytes, signal, onSecond } = options;
  const random = createRandom(plan.seed + 1);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const samples: MemorySample[] = [];
  const timer = setInterval(() => {
    samples.push({ seconds: elapsed(), bytes: residentBytes() });
    onSecond?.(Math.min(seconds, Math.floor(elapsed())));
  }, SAMPLE_EVERY_MS);
  let requests = 0;
  let tokens = 0;
  const client = async () => {
    while (elapsed() < seconds) {
      const prompt = randomPrompt(model, plan.promptTokens, random);
      const request = { prompt, maxTokens: plan.newTokens, ignoreEos: true, signal };
      for await (const event of model.generate(request)) if (event.type === "token") tokens++;
      requests++;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(...plan.parallel) }, client));
  } finally {
    clearInterval(timer);
  }
  return { seconds: elapsed(), requests, tokens, slope: memorySlope(samples) };
}
