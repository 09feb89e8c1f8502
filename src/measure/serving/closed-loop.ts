/** Clients that each have one request under way at any time, which is what agents do. */

import type { LoadSample, ServedRequest, ServingTarget } from "./serving-bench.ts";
import { streamCompletion } from "./stream-completion.ts";

export interface ClosedLoopOptions {
  /** Token ids, [client][request][token]. */
  readonly prompts: readonly (readonly (readonly number[])[])[];
  /** Of each answer. */
  readonly tokens: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each answer. */
  readonly onAnswer?: (() => void) | undefined;
}

/** Runs all clients to their end. The first failure ends all. @throws what streamCompletion() throws */
export async function runClosedLoop(
  target: ServingTarget,
  { prompts, tokens, signal, onAnswer }: ClosedLoopOptions,
): Promise<LoadSample> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const started = performance.now();
  const requests: ServedRequest[] = [];
  let first: { error: unknown } | undefined;
  await Promise.all(
    prompts.map(async (own) => {
      try {
        for (const prompt of own) {
          requests.push(await streamCompletion(target, { prompt, tokens, signal: either }));
          onAnswer?.();
        }
      } catch (error) {
        first ??= { error };
        failed.abort();
      }
    }),
  );
  if (first) throw first.error;
  return { seconds: (performance.now() - started) / 1000, requests };
}
