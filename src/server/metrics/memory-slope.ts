/** How fast a process's memory grows: the figure by which a leak is seen hours before it ends in a kill. */

/** Bytes held at a moment, in milliseconds. */
export interface MemorySample {
  readonly at: number;
  readonly bytes: number;
}

/** Long enough that a load or a burst does not look like a leak for ever, short enough to be of today. */
export const WINDOW_MS = 10 * 60_000;

/** Below it the line would follow the noise of a few allocations. */
const LEAST_SPAN_MS = 30_000;

/**
 * Slope of the least-squares line through the samples, in bytes a minute; undefined while they span too little.
 * https://en.wikipedia.org/wiki/Simple_linear_regression
 */
export function memorySlope(samples: readonly MemorySample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < LEAST_SPAN_MS) return undefined;
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, it) => sum + of(it), 0) / samples.length;
  const at = mean((it) => it.at - first.at);
  const bytes = mean((it) => it.bytes);
  let together = 0;
  let spread = 0;
  for (const sample of samples) {
    const distance = sample.at - first.at - at;
    together += distance * (sample.bytes - bytes);
    spread += distance * distance;
  }
  return (together / spread) * 60_000;
}

/** The samples of the last ten minutes, for each process that is there; a new process begins anew. */
export interface MemoryHistory {
  /** @param holders bytes by process, as they are now; those that are missing have ended */
  add(at: number, holders: ReadonlyMap<string, number>): void;
  slopes(): ReadonlyMap<string, number>;
}

export function createMemoryHistory(): MemoryHistory {
  const histories = new Map<string, MemorySample[]>();
  return {
    add(at, holders) {
      for (const name of histories.keys()) if (!holders.has(name)) histories.delete(name);
      for (const [name, bytes] of holders) {
        const kept = (histories.get(name) ?? []).filter((it) => at - it.at <= WINDOW_MS);
        histories.set(name, [...kept, { at, bytes }]);
      }
    },
    slopes() {
      const found = [...histories].map(([name, samples]) => [name, memorySlope(samples)] as const);
      return new Map(found.filter((it): it is readonly [string, number] => it[1] !== undefined));
    },
  };
}
