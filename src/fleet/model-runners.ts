/** Each model of a fleet in a process of its own, opened as it was planned. */

import { openRunner, type RunnerOptions } from "../engine/index.ts";
import type { FleetOptions } from "./fleet-settings.ts";
import { type PlanOptions, planLoad } from "./plan-load.ts";

export interface ModelRunnerOptions
  extends PlanOptions,
    Pick<RunnerOptions, "queueLimit" | "keepTokens" | "stepMs" | "logger"> {}

/** How a fleet plans and opens its models. */
export function modelRunners(options: ModelRunnerOptions): Pick<FleetOptions, "plan" | "open"> {
  const { placement: _, onFallback, ...shared } = options;
  return {
    plan: (entry) => planLoad(entry, options),
    open: (entry, { plan, signal }) =>
      openRunner({
        ...shared,
        ...plan.placement,
        path: entry.path,
        name: entry.name,
        context: plan.facts.context,
        signal,
      }),
  };
}
