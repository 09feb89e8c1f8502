/**
 * Continuous batching over one context. Each step is one decode: first a token for every sequence that
 * generates, then chunks of prompts, then probe cases, bounded by the batch size and by time (fill-step.ts).
 * Between steps new tasks are admitted in turns (wait-queue.ts), aborted ones leave, finished ones give their room back.
 */

import { AppError } from "../errors.ts";
import type { LlamaContext } from "../llama/index.ts";
import { type CacheSpace, createCacheSpace } from "./cache-space.ts";
import { fillStep } from "./fill-step.ts";
import type { EngineUsage } from "./language-model.ts";
import { commonLength } from "./prefix-cache.ts";
import { createStepSize } from "./step-size.ts";
import type { DecodedStep } from "./step-times.ts";
import type { Task } from "./task.ts";
import { createWaitQueue } from "./wait-queue.ts";

export interface SchedulerOptions {
  /** Tasks that wait at most; one more is refused. @default 1024 */
  queueLimit?: number;
  /** Tokens a step should have at most. @default what the context's batch holds */
  batchSize?: number;
  /** Tokens that the prefix cache may hold when a task begins. @default all there is room for */
  keepTokens?: number;
  /** The time a step should take at most, and so the wait for an abort to take effect. @default 250 */
  stepMs?: number;
  /** Told of each step when its rows have been delivered. */
  onStep?: (step: DecodedStep) => void;
}

export interface Scheduler {
  /** @throws BUSY when the queue is full, CANCELLED after close() */
  submit(task: Task): void;
  /**
   * Runs `work` between two steps: nothing is decoded before its promise settles.
   * @throws CANCELLED after close(); whatever `work` throws
   */
  exclusive<T>(work: (space: CacheSpace) => Promise<T>): Promise<T>;
  /** Ends all tasks with CANCELLED and returns when no decode is under way. */
  close(): Promise<void>;
  readonly usage: EngineUsage & Pick<CacheSpace["usage"], "freeSequences" | "entries">;
}

/** Computing a prompt is put off while another task computes at least this much more of its beginning. */
const WORTH_WAITING = 16;

/** Starts the loop over a context, which it owns alone from now on. */
export function createScheduler(context: LlamaContext, options: SchedulerOptions = {}): Scheduler {
  const { queueLimit = 1024, stepMs = 250, batchSize = context.batchSize } = options;
  const space = createCacheSpace(context, options.keepTokens);
  const stepSize = createStepSize(batchSize, stepMs);
  const waiting = createWaitQueue();
  let active: Task[] = [];
  let jobs: { run: () => Promise<void>; cancel: () => void }[] = [];
  let closing = false;
  let running: Promise<void> | undefined;

  const finish = (task: Task, error?: unknown) => task.end(space, error);

  const admit = () => {
    for (const task of waiting.order()) {
      // Only who can share it waits for a prompt; those behind go ahead.
      if (awaitsPrompt(task, active, space)) continue;
      if (task.admit(space)) active.push(task);
      // Room goes to who is first, or small requests would keep a large one waiting for ever.
      else if (active.length > 0) return;
      // Nothing else runs and nothing is left to drop: waiting would be for ever.
      else finish(task, cacheTooSmall(space));
      waiting.take(task);
    }
  };

  const dropCancelled = () => {
    const gone = new Set([...active, ...waiting.order()].filter(isCancelled));
    if (gone.size === 0) return;
    for (const task of gone) finish(task, cancelled());
    active = active.filter((task) => !gone.has(task));
    waiting.remove(gone);
  };

  const dropFinished = () => {
    for (const task of active.filter((each) => each.finished())) finish(task);
    active = active.filter((task) => !task.finished());
  };

  const step = async () => {
    const { step, tokens } = fillStep(context, active, stepSize.next());
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
    step.deliver();
    options.onStep?.({ tokens, decodeMs });
  };

  const runJobs = async () => {
    const now = jobs;
    jobs = [];
    for (const job of now) await job.run();
  };

  const loop = async () => {
    // Requests that are made together should share the first step.
    await Promise.resolve();
    while (!closing) {
      await runJobs();
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
    if (!closing) return;
    for (const task of [...active, ...waiting.order()]) finish(task, cancelled());
    active = [];
    waiting.remove(new Set(waiting.order()));
    for (const job of jobs.splice(0)) job.cancel();
  };

  const start = () => {
    running ??= loop().finally(() => {
      running = undefined;
      // Something may have been handed in while the loop was ending.
      if (!closing && waiting.size + jobs.length > 0) start();
    });
  };

  return {
    submit(task) {
      const refusal = closing ? closed() : waiting.size >= queueLimit ? busy() : undefined;
      if (refusal) {
        // A refused task has things to give back too: its samplers.
        finish(task, refusal);
        throw refusal;
      }
      waiting.push(task);
      start();
    },
    exclusive(work) {
      return new Promise((resolve, reject) => {
        if (closing) return reject(closed());
        const run = () => work(space).then(resolve, reject);
        jobs.push({ run, cancel: () => reject(cancelled()) });
        start();
      });
    },
    async close() {
      closing = true;
      await running;
    },
    get usage() {
      return { ...space.usage, active: active.length, waiting: waiting.size };
    },
  };

  function busy(): AppError {
    return new AppError("BUSY", `${waiting.size} requests wait already.`, {
      hint: "Try again later.",
      details: { waiting: waiting.size, active: active.length },
    });
  }
}

/**
 * True if a running task is computing a longer shared beginning than the cache has. Nobody waits for a task of
 * less importance, whose prompt may be put off by others for long.
 */
function awaitsPrompt(task: Task, active: readonly Task[], space: CacheSpace): boolean {
  let coming = 0;
  for (const { pendingPrompt, priority } of active)
    if (pendingPrompt && priority <= task.priority)
      coming = Math.max(coming, commonLength(pendingPrompt, task.prompt, task.prompt.length));
  if (coming < WORTH_WAITING) return false;
  return coming >= space.match(task.prompt, task.prompt.length).length + WORTH_WAITING;
}

function cacheTooSmall(space: CacheSpace): AppError {
  return new AppError("CONTEXT_FULL", "The request needs more cache than the context has.", {
    hint: "Open the model with a larger --context.",
    details: { ...space.usage },
  });
}

const isCancelled = (task: Task) => task.signal?.aborted === true;
const cancelled = () => new AppError("CANCELLED", "The request was stopped.");
const closed = () => new AppError("CANCELLED", "The model is closed.");
