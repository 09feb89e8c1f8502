/** The policies that come with the program. */

import { DEFAULT_WEIGHTS } from "./default-weights.ts";
import type { RoutePolicy } from "./route-policy.ts";

const LOAD: RoutePolicy["load"] = {
  // Far enough apart that a queue of changing length does not cross both within one answer.
  enter: 0.75,
  leave: 0.4,
  // About the time of one answer of Mixtral on a processor: what a switch does is not seen sooner.
  dwellMs: 15_000,
  waiting: 4,
  // People leave a page that has said nothing for half a minute.
  seconds: 60,
  freeMemory: 2 ** 30,
  notLoaded: 0.5,
};

const shared = { schema: 1, weights: DEFAULT_WEIGHTS, load: LOAD } as const;

/** The default first. */
export const BUILT_IN_POLICIES: readonly RoutePolicy[] = [
  {
    ...shared,
    name: "balanced",
    description: "easy requests to the small model, hard ones to the large; unsure answers are escalated",
    threshold: { calm: 0.5, loaded: 0.7 },
    cascade: { minConfidence: 0.6 },
  },
  {
    ...shared,
    name: "quality",
    description: "only the easiest requests to the small model, and its answer must be sure",
    threshold: { calm: 0.25, loaded: 0.4 },
    cascade: { minConfidence: 0.8 },
  },
  {
    ...shared,
    name: "speed",
    description:
      "only the hardest requests to the large model; an answer is escalated if it fails its checks",
    threshold: { calm: 0.75, loaded: 0.9 },
    cascade: { minConfidence: null },
  },
  {
    ...shared,
    name: "always-small",
    description: "the small model wherever it can answer at all",
    threshold: { calm: 1, loaded: 1 },
    cascade: null,
  },
  {
    ...shared,
    name: "always-large",
    description: "the large model wherever it can answer at all",
    threshold: { calm: 0, loaded: 0 },
    cascade: null,
  },
];

/** What is used when nobody chose. */
export const DEFAULT_POLICY: RoutePolicy = BUILT_IN_POLICIES[0]!;
