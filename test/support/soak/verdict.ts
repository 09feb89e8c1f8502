/** What came of a soak: a line for each class of request, and everything that was wrong. */

import { quantile } from "../../../src/measure/models/figure.ts";
import {
  type MemorySample,
  type MemorySlope,
  memorySlope,
} from "../../../src/measure/models/memory-slope.ts";
import type { Finding } from "./request-classes.ts";

/** One request when it was over; times in seconds since the soak began. */
export interface Done {
  readonly class: string;
  readonly from: number;
  readonly to: number;
  readonly finding: Finding;
}

export interface Kill {
  readonly model: string;
  readonly at: number;
  /** When the server had the model again. */
  readonly backAt: number | undefined;
}

export interface ClassSummary {
  readonly class: string;
  readonly requests: number;
  readonly asExpected: number;
  /** Were under way when the process of their model was killed. */
  readonly lostToKills: number;
  readonly wrong: number;
  /** Seconds: median and 95th percentile. */
  readonly p50: number;
  readonly p95: number;
}

/**
 * The end of a process is noticed by its closed pipe, some time after the kill on a busy machine: what came in
 * between was handed to a process that was no more.
 */
export const NOTICE_SECONDS = 3;

/** Whether a request may have lost its model's process. */
export function isExcused(
  { from, to }: Pick<Done, "from" | "to">,
  kills: readonly Pick<Kill, "at">[],
): boolean {
  return kills.some(({ at }) => from <= at + NOTICE_SECONDS && to >= at);
}

/** Each class, and a sentence for each request that went wrong. */
export function judgeRequests(done: readonly Done[], kills: readonly Kill[]) {
  const wrong = (one: Done) =>
    one.finding !== undefined && !(one.finding === "lost" && isExcused(one, kills));
  const names = [...new Set(done.map((one) => one.class))].sort();
  const classes = names.map((name): ClassSummary => {
    const own = done.filter((one) => one.class === name);
    const seconds = own.map(({ from, to }) => to - from);
    return {
      class: name,
      requests: own.length,
      asExpected: own.filter(({ finding }) => finding === undefined).length,
      lostToKills: own.filter((one) => one.finding === "lost" && !wrong(one)).length,
      wrong: own.filter(wrong).length,
      p50: quantile(seconds, 0.5),
      p95: quantile(seconds, 0.95),
    };
  });
  const violations = done
    .filter(wrong)
    .map(
      (one) =>
        `${one.class} at ${one.from.toFixed(1)} s: ${one.finding === "lost" ? "lost its model without a kill" : one.finding}`,
    );
  return { classes, violations };
}

/**
 * Growth over the whole line that is no leak: V8's heap and llama.cpp's allocator still find their size. So the longer
 * the run, the slower a leak that shows.
 */
const NOISE_SHARE = 0.05;

export interface MemoryVerdict {
  readonly process: string;
  readonly slope: MemorySlope | undefined;
  /** Bytes, the median; 0 where nothing was seen. */
  readonly bytes: number;
  readonly isGrowing: boolean;
}

/**
 * A process grows if even the lower end of its slope's interval is above the noise.
 * @param samples of one process, from its start on or from the last kill
 */
export function judgeMemory(process: string, samples: readonly MemorySample[]): MemoryVerdict {
  const slope = memorySlope(samples);
  const bytes =
    samples.length === 0
      ? 0
      : quantile(
          samples.map((sample) => sample.bytes),
          0.5,
        );
  return {
    process,
    slope,
    bytes,
    isGrowing: slope !== undefined && (slope.low * slope.seconds) / 60 > NOISE_SHARE * bytes,
  };
}
