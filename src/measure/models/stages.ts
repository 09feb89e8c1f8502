/** Parts of a measurement as events: each begins, tells how far it is, and ends with its time. */

import type { EventSink } from "../../events.ts";

export interface Stages {
  /** Runs `work`, which is given a function that tells how much of `total` is done. */
  run<T>(
    stage: string,
    total: number,
    unit: string,
    work: (onDone: (done: number) => void) => Promise<T>,
  ): Promise<T>;
}

/** Stages that are told to a sink, or to nobody. */
export function createStages(onEvent: EventSink = () => undefined): Stages {
  return {
    async run(stage, total, unit, work) {
      onEvent({ type: "stage-start", stage, total, unit, done: 0 });
      const started = performance.now();
      const result = await work((done) => onEvent({ type: "stage-progress", stage, done, total }));
      onEvent({ type: "stage-end", stage, done: total, seconds: (performance.now() - started) / 1000 });
      return result;
    },
  };
}
