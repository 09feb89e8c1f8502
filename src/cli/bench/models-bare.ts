/** llama.cpp's own batch speed: the decodes of a round with nothing around them, no scheduler and no sampling. */

import { AppError } from "../../errors.ts";
import { createContext, type LlamaContext, loadLibrary, loadModel } from "../../llama/index.ts";
import {
  type BareModel,
  contextNeeded,
  type PartSeconds,
  type Round,
  type TurnPlan,
} from "../../measure/index.ts";
import type { Opening } from "./models-job.ts";

/** Opens the file with a context that holds just what the plan's rounds fill: the baseline gets the best of it. */
export async function openBareModel(
  { path, placement, gpu, unsafeLib }: Opening,
  plan: TurnPlan,
): Promise<BareModel> {
  const native = await loadModel(loadLibrary({ gpu, unsafeLib }), { path, ...placement });
  try {
    const context = createContext(native, {
      cells: contextNeeded(plan),
      // A decode needs room for a token of every sequence.
      batch: Math.max(placement.batchSize, ...plan.parallel),
      sequences: Math.max(...plan.parallel),
      threads: placement.threads,
      kvType: placement.kvType,
    });
    return { decode: (round) => decodeRound(context, round), close: native.dispose };
  } catch (error) {
    native.dispose();
    throw error;
  }
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
