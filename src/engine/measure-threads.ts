/** Tokens a second of a loaded model with several thread counts, within a bounded time. */

import { createContext, type LlamaContext, type LlamaModel } from "../llama/index.ts";

export interface ThreadSpeed {
  readonly threads: number;
  /** Tokens a second of a prompt, many in one decode. */
  readonly prompt: number;
  /** Tokens a second of an answer, one after the other. */
  readonly decode: number;
}

const BUDGET_MS = 3_000;
/** Every count is tried as often, one after the other, and its best try counts: a busy moment hits one of them. */
const ROUNDS = 2;
const DECODES = 4;
const MOST_PROMPT = 64;

/**
 * Measures each thread count. Empty where one token alone takes so long that the time would not do: a model of
 * that size waits for memory, and there a thread a core is right.
 */
export async function measureThreads(
  model: LlamaModel,
  counts: readonly number[],
  budgetMs = BUDGET_MS,
): Promise<ThreadSpeed[]> {
  const started = performance.now();
  const open = (threads: number) =>
    createContext(model, { cells: 256, batch: MOST_PROMPT, sequences: 1, threads });
  const contexts = counts.map((threads) => ({ threads, context: open(threads), prompt: 0, decode: 0 }));
  try {
    const first = contexts[0]!.context;
    // The first decode reads the weights from disk; the second tells what a token takes.
    await run(first, model, 1);
    const tokenMs = await run(first, model, 1);
    const isOver = () => performance.now() - started > budgetMs;
    const left = budgetMs - (performance.now() - started);
    const share = left / (ROUNDS * counts.length);
    const promptTokens = Math.min(MOST_PROMPT, Math.floor(share / tokenMs) - DECODES);
    if (promptTokens < DECODES) return [];
    for (let round = 0; round < ROUNDS; round++)
      for (const it of contexts) {
        // Threads that wait for each other can take many times what one token promised.
        if (isOver()) break;
        const promptMs = await run(it.context, model, promptTokens);
        it.prompt = Math.max(it.prompt, (1_000 * promptTokens) / promptMs);
        for (let n = 0; n < DECODES && !(isOver() && n > 0); n++)
          it.decode = Math.max(it.decode, 1_000 / (await run(it.context, model, 1)));
      }
    return contexts
      .filter(({ prompt }) => prompt > 0)
      .map(({ threads, prompt, decode }) => ({ threads, prompt, decode }));
  } finally {
    for (const { context } of contexts) context.dispose();
  }
}

/** Milliseconds of one decode of so many tokens, spread over the vocabulary so that all experts are asked. */
async function run(context: LlamaContext, { vocabulary }: LlamaModel, tokens: number): Promise<number> {
  context.forget("every", 0);
  context.clearBatch();
  for (let at = 0; at < tokens; at++) context.push((at * 7_919) % vocabulary, at, 0, at === tokens - 1);
  const started = performance.now();
  await context.decode();
  return performance.now() - started;
}
