/**
 * Who gets how much of a step: a token for every sequence that generates, then by priority prompts in chunks and
 * probe cases in what is left.
 */

import type { LlamaContext } from "../llama/index.ts";
import { type BatchStep, createBatchStep } from "./batch-step.ts";
import { promptShares } from "./prompt-shares.ts";
import type { Phase, Task } from "./task.ts";

/**
 * What prompts get of a step however many sequences generate: on a slow machine those alone take all its time, and a
 * new request would wait until one of them has ended.
 */
const SHARE_OF_PROMPTS = 1 / 4;

export interface FilledStep {
  readonly step: BatchStep;
  /** Tokens in it, by what they are for. */
  readonly tokens: Readonly<Record<Phase, number>>;
}

/**
 * Fills the context's batch.
 * @param active in the order of admission
 * @param size tokens that fit into the step's time
 */
export function fillStep(context: LlamaContext, active: readonly Task[], size: number): FilledStep {
  const step = createBatchStep(context, size);
  const tokens = { generating: 0, prompt: 0, probing: 0 };
  const fill = (task: Task, phase: Phase) => {
    const before = context.filled;
    task.fill(step);
    tokens[phase] += context.filled - before;
  };
  const by = (phase: Phase) => active.filter((task) => task.phase() === phase);
  const generating = by("generating");
  const prompts = by("prompt");
  const probing = by("probing");
  for (const task of generating) if (step.capacity > 0) fill(task, "generating");

  const foremost = Math.min(...generating.map(({ priority }) => priority));
  const promised = Math.ceil(size * SHARE_OF_PROMPTS);
  const room = step.room;
  for (const priority of priorities([...prompts, ...probing])) {
    const alike = prompts.filter((task) => task.priority === priority);
    const used = tokens.prompt + tokens.probing;
    const left = Math.max(room, priority <= foremost ? promised : 0) - used;
    const wanted = alike.map((task) => task.promptTokens());
    promptShares(wanted, Math.min(left, step.capacity)).forEach((share, index) => {
      if (share === 0) return;
      step.allow(share);
      fill(alike[index]!, "prompt");
    });
    step.allow(room - tokens.prompt - tokens.probing);
    for (const task of probing) if (task.priority === priority && step.capacity > 0) fill(task, "probing");
  }
  return { step, tokens };
}

function priorities(tasks: readonly Task[]): number[] {
  return [...new Set(tasks.map(({ priority }) => priority))].sort((a, b) => a - b);
}
