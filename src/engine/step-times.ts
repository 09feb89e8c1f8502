/** Where the time of a step went, for whoever wants to know; nobody else pays for it. */

import type { Phase } from "./task.ts";

/** What the scheduler knows of a step. */
export interface DecodedStep {
  /** Tokens in the step, by what they were for. */
  readonly tokens: Readonly<Record<Phase, number>>;
  /** llama.cpp's decode. */
  readonly decodeMs: number;
}

/** A step with what followed its decode. */
export interface StepTimes extends DecodedStep {
  /** Choosing tokens that no grammar constrains. */
  readonly free: SamplingTime;
  /** Choosing tokens under a grammar, the grammar's own work included: llama.cpp does both in one. */
  readonly constrained: SamplingTime;
}

/** Tokens chosen, and milliseconds for all of them. */
export interface SamplingTime {
  readonly tokens: number;
  readonly ms: number;
}

interface Samples {
  sample(logits: Float32Array): number;
}

/** Puts the times of samplers and of steps together. */
export interface StepWatch {
  /** The same sampler, timed. */
  watch<S extends Samples>(sampler: S, isConstrained: boolean): S;
  /** For the scheduler. */
  readonly onStep: (step: DecodedStep) => void;
}

/** Starts a watch that tells of each step. */
export function createStepWatch(tell: (times: StepTimes) => void): StepWatch {
  let free = { tokens: 0, ms: 0 };
  let constrained = { tokens: 0, ms: 0 };
  return {
    watch(sampler, isConstrained) {
      return {
        ...sampler,
        sample(logits) {
          const started = performance.now();
          const id = sampler.sample(logits);
          const sum = isConstrained ? constrained : free;
          sum.tokens++;
          sum.ms += performance.now() - started;
          return id;
        },
      };
    },
    onStep(step) {
      tell({ ...step, free, constrained });
      free = { tokens: 0, ms: 0 };
      constrained = { tokens: 0, ms: 0 };
    },
  };
}
