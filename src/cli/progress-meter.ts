/** Rate and time left of one stage, from events alone; drawing is the terminal's. */

import type { RunEvent } from "../events.ts";

export interface Meter {
  readonly stage: string;
  readonly unit: string;
  readonly total: number;
  readonly done: number;
  /** Done in an earlier sitting. */
  readonly resumed: number;
  readonly found: number | undefined;
  readonly expected: { estimate: number; low: number; high: number } | undefined;
  /** Units a second over the window; undefined until something was measured. */
  readonly rate: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** Long enough to be calm over uneven pages, short enough to follow a machine that slows down. */
const WINDOW_MS = 20_000;

/** Reads stage events; `read` gives the figures of the running stage, or undefined between stages. */
export function createMeter(clock: () => number = performance.now.bind(performance)) {
  let meter: Meter | undefined;
  let samples: { at: number; done: number }[] = [];
  return {
    update(event: RunEvent): void {
      if (event.type === "stage-start") {
        const { stage, unit, total, done } = event;
        meter = {
          stage,
          unit,
          total,
          done,
          resumed: done,
          found: undefined,
          expected: undefined,
          rate: undefined,
          secondsLeft: undefined,
        };
        // Counting begins with the first progress: what an earlier sitting did took no time in this one.
        samples = [];
      } else if (event.type === "stage-progress" && meter !== undefined) {
        const at = clock();
        samples.push({ at, done: event.done });
        // The last sample before the window stays: the window is measured from it.
        while (samples.length > 2 && samples[1]!.at <= at - WINDOW_MS) samples.shift();
        const { total, done, found = meter.found, expected = meter.expected } = event;
        const rate = rateOf(samples);
        const secondsLeft = rate === undefined || rate <= 0 ? undefined : Math.max(0, total - done) / rate;
        meter = { ...meter, total, done, found, expected, rate, secondsLeft };
      } else if (event.type === "stage-end") meter = undefined;
    },
    read: (): Meter | undefined => meter,
  };
}

function rateOf(samples: readonly { at: number; done: number }[]): number | undefined {
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const seconds = (last.at - first.at) / 1_000;
  return seconds > 0 ? (last.done - first.done) / seconds : undefined;
}
