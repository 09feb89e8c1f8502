/** llama.cpp's own batched decode: the decodes of a round with nothing around them, no scheduler and no sampling. */

import { AppError } from "../../errors.ts";
import { createContext, type LlamaContext, type LlamaModel, type Placement } from "../../llama/index.ts";
import type { PartSeconds, Round } from "../../measure/index.ts";

export interface BareOptions {
  readonly clients: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly batch: number;
  readonly threads: number;
  readonly kvType?: Placement["kvType"];
  /** One cache for all sequences, or one for each: which is faster depends on the lengths (llama.cpp #14363). */
  readonly unified: boolean;
}

export interface BareDecode {
  /** Decodes the prompts in whole batches, then as many new tokens, one of each sequence in a step. */
  round(prompts: Round["prompts"]): Promise<PartSeconds>;
  /** The context goes with the model too. */
  dispose(): void;
}

/** llama.cpp rounds a sequence's own cache up to so many cells. */
const CELL_BLOCK = 256;

/** A context that holds just the work of a server's clients, a request of each at a time. @throws OUT_OF_MEMORY */
export function createBareDecode(model: LlamaModel, options: BareOptions): BareDecode {
  const { clients, promptTokens, newTokens, batch, threads, kvType, unified } = options;
  const length = promptTokens + newTokens;
  const perClient = unified ? length : Math.ceil(length / CELL_BLOCK) * CELL_BLOCK;
  const context = createContext(model, {
    // A decode needs room for a token of every sequence.
    ...{ cells: clients * perClient, batch: Math.max(batch, clients), sequences: clients },
    ...{ threads, kvType, unified },
  });
  // What a model answers costs the same whatever it is; the prompt's ids will do.
  const answerTo = (prompt: readonly number[]) =>
    Array.from({ length: newTokens }, (_, at) => prompt[at % prompt.length]!);
  return {
    round: (prompts) => decodeRound(context, { prompts, answers: prompts.map(answerTo) }),
    dispose: () => context.dispose(),
  };
}

/** Seconds of both parts. Every prompt is a sequence of its own; answers are as long as one another. */
export async function decodeRound(context: LlamaContext, { prompts, answers }: Round): Promise<PartSeconds> {
  context.forget("every", 0);
  const started = performance.now();
  await decodePrompts(context, prompts);
  const prompted = performance.now();
  await decodeAnswers(context, prompts, answers);
  const ended = performance.now();
  return { prompt: (prompted - started) / 1000, generation: (ended - prompted) / 1000 };
}

/** Whole batches, one prompt behind the other, with a row of logits at each end. */
async function decodePrompts(context: LlamaContext, prompts: Round["prompts"]): Promise<void> {
  context.clearBatch();
  for (const [sequence, prompt] of prompts.entries())
    for (const [at, id] of prompt.entries()) {
      context.push(id, at, sequence, at === prompt.length - 1);
      if (context.filled === context.batchSize) await flush(context);
    }
  if (context.filled > 0) await flush(context);
}

/** A token of every sequence at a time; the last one chosen is never decoded. */
async function decodeAnswers(
  context: LlamaContext,
  prompts: Round["prompts"],
  answers: Round["answers"],
): Promise<void> {
  for (let step = 0; step < answers[0]!.length - 1; step++) {
    for (const [sequence, answer] of answers.entries())
      context.push(answer[step]!, prompts[sequence]!.length + step, sequence, true);
    await flush(context);
  }
}

async function flush(context: LlamaContext): Promise<void> {
  // The context was made for these rounds; a decode that did nothing would look fast.
  if ((await context.decode()) === "full")
    throw new AppError("CONTEXT_FULL", "llama.cpp's own decode had no room in its cache.");
  context.clearBatch();
}
