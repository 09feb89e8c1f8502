/** Flags of the measured server: what this command was told, and what has to be the same for both sides. */

import type { ServingPlan } from "../../measure/index.ts";
import { promptLength } from "../../measure/index.ts";
import type { CliContext } from "../context.ts";
import { forwardedFlags } from "../serve/forwarded-flags.ts";
import type { Opening } from "./models-job.ts";

/** The default of `assay serve`. */
const PARALLEL = 4;

export function serveFlags(context: CliContext, opening: Opening, plan: ServingPlan): string[] {
  return [
    ...forwardedFlags(context),
    ...["--threads", String(opening.placement.threads), "--context", String(opening.context)],
    ...["--parallel", String(roomFor(plan, opening.context))],
  ];
}

/** Requests of full context that the cache needs room for, so that no client waits for another's cells. */
export function roomFor(plan: ServingPlan, context: number): number {
  const longest = Math.max(plan.promptTokens, plan.sharedPrefix > 0 ? promptLength("shared", plan) : 0);
  return Math.max(PARALLEL, Math.ceil((plan.clients * (longest + plan.tokens)) / context));
}
