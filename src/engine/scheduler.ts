/**
 * Continuous batching over one context. Each step is one decode: first a token for every sequence that
 * generates, then chunks of prompts, then probe cases, bounded by the batch size and by time. Between steps
 * new tasks are admitted, aborted ones leave, finished ones give their room back.
 */

import { AppError } from "../errors.ts";
import type { LlamaContext } from "../llama/index.ts";
import { type CacheSpace, createCacheSpace } from "./cache-space.ts";
import { commonLength } from "./prefix-cache.ts";
import { createStepSize } from "./step-size.ts";
import type { DecodedStep } from "./step-times.ts";
import type { Phase, Step, Task } from "./task.ts";

export interface SchedulerOptions {
  /** Tasks that wait at most; one more is refused. @default 1024 */
  queueLimit?: number;
  /** Tokens a step should have at most. @default what the context's batch holds */
  batchSize?: number;
  /** Tokens that finished tasks may leave in the cache for later ones. @default all there is room for */
  keepTokens?: number;
  /** The time a step should take at most, and so the wait for an abort to take effect. @default 250 */
  stepMs?: number;
  /** Told of each step when its rows have been delivered. */
  onStep?: (step: DecodedStep) => void;
}

export interface Scheduler {
  /** @throws BUSY when the queue is full, CANCELLED after close() */
  submit(task: Task): void;
  /** Ends all tasks with CANCELLED and returns when no decode is under way. */
  close(): Promise<void>;
  readonly usage: CacheSpace["usage"] & { active: number; waiting: number };
}

/** Computing a prompt is put off while another task computes at least this much more of its beginning. */
const WORTH_WAITING = 16;
const PHASE_ORDER: Readonly<Record<Phase, number>> = { generating: 0, prompt: 1, probing: 2 };

/** Starts the loop over a context, which it owns alone from now on. */
export function createScheduler(context: LlamaContext, options: SchedulerOptions = {}): Scheduler {
  const { queueLimit = 1024, stepMs = 250, batchSize = context.batchSize } = options;
  const space = createCacheSpace(context, options.keepTokens);
  const stepSize = createStepSize(batchSize, stepMs);
  let waiting: Task[] = [];
  let active: Task[] = [];
  let closing = false;
  let running: Promise<void> | undefined;

  const finish = (task: Task, error?: unknown) => task.end(space, error);

  const admit = () => {
    waiting.sort((a, b) => a.priority - b.priority);
    for (let task = waiting[0]; task; task = waiting[0]) {
      if (awaitsPrompt(task, active, space)) return;
      if (task.admit(space)) active.push(task);
      else if (active.length > 0) return;
      // Nothing else runs and nothing is left to drop: waiting would be for ever.
      else finish(task, cacheTooSmall(space));
      waiting.shift();
    }
  };

  const dropCancelled = () => {
    const gone = [...active, ...waiting].filter(isCancelled);
    if (gone.length === 0) return;
    for (const task of gone) finish(task, cancelled());
    active = active.filter((task) => !gone.includes(task));
    waiting = waiting.filter((task) => !gone.includes(task));
  };

  const dropFinished = () => {
    for (const task of active.filter((each) => each.finished())) finish(task);
    active = active.filter((task) => !task.finished());
  };

  const step = async () => {
    const order = [...active].sort(
      (a, b) =>
        Number(b.phase() === "generating") - Number(a.phase() === "generating") ||
        a.priority - b.priority ||
        PHASE_ORDER[a.phase()] - PHASE_ORDER[b.phase()],
    );
    const plan = createStep(context, stepSize.next());
    const tokens = { generating: 0, prompt: 0, probing: 0 };
    for (const task of order) {
      if (plan.step.capacity === 0) break;
      const phase = task.phase();
      const before = context.filled;
      task.fill(plan.step);
      tokens[phase] += context.filled - before;
    }
    if (context.filled === 0) return;
    const started = performance.now();
    let outcome = await context.decode();
    // Reservations make this rare: cells that llama.cpp pads or keeps beyond our books.
    if (outcome === "full" && space.evictAll()) outcome = await context.decode();
    if (outcome === "full")
      throw new AppError("CONTEXT_FULL", "The cache has no room for the next step.", {
        hint: "Open the model with a larger --context.",
        details: { ...space.usage },
      });
    const decodeMs = performance.now() - started;
    stepSize.learn(context.filled, decodeMs);
    plan.deliver();
    options.onStep?.({ tokens, decodeMs });
  };

  const loop = async () => {
    // Requests that are made together should share the first step.
    await Promise.resolve();
    while (!closing) {
      dropCancelled();
      admit();
      if (active.length === 0) break;
      try {
        await step();
      } catch (error) {
        // The native state is unknown for everybody in the step; the cache stays usable for later ones.
        for (const task of active) finish(task, error);
        active = [];
        space.evictAll();
        continue;
      }
      dropFinished();
    }
    for (const task of [...active, ...waiting]) if (closing) finish(task, cancelled());
    if (closing) {
      active = [];
      waiting = [];
    }
  };

  const start = () => {
    running ??= loop().finally(() => {
      running = undefined;
      // Something may have been submitted while the loop was ending.
      if (!closing && waiting.length > 0) start();
    });
  };

  return {
    submit(task) {
      const refusal = closing
        ? new AppError("CANCELLED", "The model is closed.")
        : waiting.length >= queueLimit
          ? new AppError("BUSY", `${waiting.length} requests wait already.`, { hint: "Try again later." })
          : undefined;
      if (refusal) {
        // A refused task has things to give back too: its samplers.
        finish(task, refusal);
        throw refusal;
      }
      waiting.push(task);
      start();
    },
    async close() {
      closing = true;
      await running;
    },
    get usage() {
      return { ...space.usage, active: active.length, waiting: waiting.length };
    },
  };
}

function createStep(context: LlamaContext, size: number) {
  context.clearBatch();
  const rows: { row: number; onRow: (logits: Float32Array) => void }[] = [];
  const commits: (() => void)[] = [];
  const step: Step = {
    get room() {
      return Math.max(0, size - context.filled);
    },
    get capacity() {
      return context.batchSize - context.filled;
    },
    get empty() {
      return context.filled === 0;
    },
    add(token, position, sequence, onRow) {
      const row = context.push(token, position, sequence, onRow !== undefined);
      if (onRow) rows.push({ row, onRow });
    },
    commit: (run) => commits.push(run),
  };
  return {
    step,
    deliver() {
      for (const { row, onRow } of rows) onRow(context.logits(row));
      for (const run of commits) run();
    },
  };
}

/** True if a running task is computing a longer shared beginning than the cache has. */
function awaitsPrompt(task: Task, active: readonly Task[], space: CacheSpace): boolean {
  const cached = space.match(task.prompt, task.prompt.length).length;
  return active.some(
    ({ pendingPrompt }) =>
      pendingPrompt && commonLength(pendingPrompt, task.prompt, task.prompt.length) >= cached + WORTH_WAITING,
  );
}

function cacheTooSmall(space: CacheSpace): AppError {
  return new AppError("CONTEXT_FULL", "The request needs more cache than the context has.", {
    hint: "Open the model with a larger --context.",
    details: { ...space.usage },
  });
}

const isCancelled = (task: Task) => task.signal?.aborted === true;
const cancelled = () => new AppError("CANCELLED", "The request was stopped.");
