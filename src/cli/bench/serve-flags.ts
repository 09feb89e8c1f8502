/** Flags of the measured server: what this command was told, and what has to be the same for both sides. */

import type { ServingPlan } from "../../measure/index.ts";
import { promptLength } from "../../measure/index.ts";
import type { CliContext } from "../context.ts";
import { PLACEMENT_KEYS } from "../placement.ts";
import type { Opening } from "./models-job.ts";

/** The default of `assay serve`. */
const PARALLEL = 4;

/** Settings of files and of the environment reach the child by themselves. */
const FORWARDED = ["gpu", "batch", "seed", ...PLACEMENT_KEYS] as const;

export function serveFlags(
  { resolved, unsafeLib }: CliContext,
  opening: Opening,
  plan: ServingPlan,
): string[] {
  const { values, origins } = resolved;
  const given = FORWARDED.filter((key) => origins[key].source === "flag");
  return [
    ...given.flatMap((key) => flagOf(key, values[key])),
    ...(unsafeLib === undefined ? [] : ["--unsafe-lib", unsafeLib]),
    ...["--threads", String(opening.placement.threads), "--context", String(opening.context)],
    ...["--parallel", String(roomFor(plan, opening.context))],
  ];
}

/** Requests of full context that the cache needs room for, so that no client waits for another's cells. */
export function roomFor(plan: ServingPlan, context: number): number {
  const longest = Math.max(plan.promptTokens, plan.sharedPrefix > 0 ? promptLength("shared", plan) : 0);
  return Math.max(PARALLEL, Math.ceil((plan.clients * (longest + plan.tokens)) / context));
}

function flagOf(key: string, value: string | number | boolean): string[] {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (typeof value === "boolean") return [value ? `--${name}` : `--no-${name}`];
  return [`--${name}`, String(value)];
}
