/** How busy the large model is, and whether that raises the threshold: two levels, with hysteresis between them. */

import type { RoutePolicy } from "./policy/route-policy.ts";
import { predictSeconds } from "./predict-seconds.ts";
import type { RouteCandidate, RouteLoad, RouteQuestion } from "./route-decision.ts";

export interface LoadPressure {
  /** 0 idle to 1 full. */
  readonly pressure: number;
  readonly part: RouteLoad["part"];
}

/**
 * What is gained by sending less to the large model, on the limit where it is most: a full queue is not made up
 * for by free memory, and a queue as long at the small model gains nothing.
 */
export function pressureBetween(
  small: RouteCandidate,
  large: RouteCandidate,
  question: RouteQuestion,
  load: RoutePolicy["load"],
): LoadPressure {
  const atSmall = pressuresOn(small, question, load);
  const gains = pressuresOn(large, question, load).map(({ part, pressure }, index) => {
    return { part, pressure: pressure - atSmall[index]!.pressure };
  });
  return gains.reduce((most, one) => (one.pressure > most.pressure ? one : most), NO_PRESSURE);
}

const NO_PRESSURE: LoadPressure = { part: "none", pressure: 0 };

/** Each limit of a model, in an order of their own. */
function pressuresOn(
  model: RouteCandidate,
  { features, freeMemory }: RouteQuestion,
  load: RoutePolicy["load"],
): LoadPressure[] {
  const seconds = predictSeconds(model, features)?.total ?? 0;
  const isTight = !model.loaded && freeMemory !== undefined && freeMemory < load.freeMemory;
  return [
    { part: "queue", pressure: Math.min(1, model.waiting / load.waiting) },
    { part: "seconds", pressure: Math.min(1, seconds / load.seconds) },
    { part: "memory", pressure: isTight ? 1 : 0 },
    { part: "not loaded", pressure: model.loaded ? 0 : load.notLoaded },
  ];
}

/** Remembers whether the threshold is raised. */
export interface LoadState {
  /** Whether it is raised under this pressure at a time in milliseconds; nothing is remembered. */
  look(pressure: number, at: number): boolean;
  /** The same, and remembered; times must not go back. */
  update(pressure: number, at: number): boolean;
  readonly raised: boolean;
}

/** The threshold rises at `enter`, comes down under `leave`, and stays at either for `dwellMs`. */
export function createLoadState({ enter, leave, dwellMs }: RoutePolicy["load"]): LoadState {
  let raised = false;
  let since = Number.NEGATIVE_INFINITY;
  const look = (pressure: number, at: number) => {
    const wanted = raised ? pressure >= leave : pressure >= enter;
    return at - since >= dwellMs ? wanted : raised;
  };
  return {
    look,
    update(pressure, at) {
      const next = look(pressure, at);
      if (next !== raised) [raised, since] = [next, at];
      return raised;
    },
    get raised() {
      return raised;
    },
  };
}
