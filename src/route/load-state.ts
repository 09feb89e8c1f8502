/** How busy the large model is, and whether that raises the threshold: two levels, with hysteresis between them. */

import type { RoutePolicy } from "./policy/route-policy.ts";
import { predictSeconds } from "./predict-seconds.ts";
import type { RouteCandidate, RouteLoad, RouteQuestion } from "./route-decision.ts";

export interface LoadPressure {
  /** 0 idle to 1 full. */
  readonly pressure: number;
  readonly part: RouteLoad["part"];
}

/** The tightest of a model's limits: a full queue is not made up for by free memory. */
export function pressureOn(
  model: RouteCandidate,
  { features, freeMemory }: RouteQuestion,
  load: RoutePolicy["load"],
): LoadPressure {
  const seconds = predictSeconds(model, features)?.total ?? 0;
  const isTight = !model.loaded && freeMemory !== undefined && freeMemory < load.freeMemory;
  const parts: readonly LoadPressure[] = [
    { part: "queue", pressure: Math.min(1, model.waiting / load.waiting) },
    { part: "seconds", pressure: Math.min(1, seconds / load.seconds) },
    { part: "memory", pressure: isTight ? 1 : 0 },
    { part: "not loaded", pressure: model.loaded ? 0 : load.notLoaded },
  ];
  const most = parts.reduce((a, b) => (b.pressure > a.pressure ? b : a));
  return most.pressure === 0 ? { part: "none", pressure: 0 } : most;
}

/**
 * What is gained by sending less to the large model: nothing where the small one is as busy.
 * @returns pressure -1 to 1
 */
export function pressureBetween(
  small: RouteCandidate,
  large: RouteCandidate,
  question: RouteQuestion,
  load: RoutePolicy["load"],
): LoadPressure {
  const { pressure, part } = pressureOn(large, question, load);
  return { pressure: pressure - pressureOn(small, question, load).pressure, part };
}

/** Remembers whether the threshold is raised. */
export interface LoadState {
  /** Tells the pressure at a time in milliseconds; times must not go back. */
  update(pressure: number, at: number): boolean;
  readonly raised: boolean;
}

/** The threshold rises at `enter`, comes down under `leave`, and stays at either for `dwellMs`. */
export function createLoadState({ enter, leave, dwellMs }: RoutePolicy["load"]): LoadState {
  let raised = false;
  let since = Number.NEGATIVE_INFINITY;
  return {
    update(pressure, at) {
      const wanted = raised ? pressure >= leave : pressure >= enter;
      if (wanted !== raised && at - since >= dwellMs) [raised, since] = [wanted, at];
      return raised;
    },
    get raised() {
      return raised;
    },
  };
}
