/** Does memory grow? A straight line through samples of it, with an interval. */

import { studentQuantile } from "../student-quantile.ts";

/** Bytes at a time in seconds. */
export interface MemorySample {
  readonly seconds: number;
  readonly bytes: number;
}

/** Growth in bytes a minute, with Student's 95 % interval. */
export interface MemorySlope {
  readonly perMinute: number;
  readonly low: number;
  readonly high: number;
  /** Seconds that the line spans; the warm-up is not among them. */
  readonly seconds: number;
  readonly samples: number;
}

/** The first part is left out: caches fill and the garbage collector finds its pace, which takes it seconds. */
const WARM_UP = 0.25;
const WARM_UP_SECONDS = 10;
/** A line through less says what the collector did last. */
const LEAST_SECONDS = 10;
/**
 * Neighbouring samples share the collector's saw-tooth, so treating each as independent would make the interval far
 * too narrow. The line goes through the means of so many equal stretches instead.
 */
const STRETCHES = 20;
const FEWEST = 4;

/** Fits the line; undefined for a run that is too short for one. */
export function memorySlope(samples: readonly MemorySample[]): MemorySlope | undefined {
  const first = samples[0]?.seconds ?? 0;
  const last = samples.at(-1)?.seconds ?? 0;
  const from = first + Math.max(WARM_UP * (last - first), WARM_UP_SECONDS);
  if (last - from < LEAST_SECONDS) return undefined;
  const kept = samples.filter(({ seconds }) => seconds >= from);
  const means = stretchMeans(kept, from, last);
  if (means.length < FEWEST) return undefined;
  const x = mean(means.map(({ seconds }) => seconds));
  const y = mean(means.map(({ bytes }) => bytes));
  const spread = sum(means.map(({ seconds }) => (seconds - x) ** 2));
  const slope = sum(means.map(({ seconds, bytes }) => (seconds - x) * (bytes - y))) / spread;
  const residual = sum(means.map(({ seconds, bytes }) => (bytes - y - slope * (seconds - x)) ** 2));
  const degrees = means.length - 2;
  const half = studentQuantile(degrees) * Math.sqrt(residual / degrees / spread);
  return {
    perMinute: 60 * slope,
    low: 60 * (slope - half),
    high: 60 * (slope + half),
    seconds: last - from,
    samples: kept.length,
  };
}

function stretchMeans(samples: readonly MemorySample[], from: number, to: number): MemorySample[] {
  const width = (to - from) / STRETCHES;
  const stretches = new Map<number, MemorySample[]>();
  for (const sample of samples) {
    const index = Math.min(STRETCHES - 1, Math.floor((sample.seconds - from) / width));
    stretches.set(index, [...(stretches.get(index) ?? []), sample]);
  }
  return [...stretches.values()].map((some) => ({
    seconds: mean(some.map(({ seconds }) => seconds)),
    bytes: mean(some.map(({ bytes }) => bytes)),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
