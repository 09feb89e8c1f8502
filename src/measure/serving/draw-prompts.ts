/** The prompts of a load, drawn anew for each turn, so that no server finds them in its cache from an earlier one. */

import type { Tokenizer } from "../../engine/index.ts";
import { randomPrompt } from "../models/measure-speed.ts";
import type { LoadName, ServingPlan } from "./serving-bench.ts";

/** Tokens that each prompt has of its own after the beginning that all share: a short message after a long briefing. */
export const OWN_TOKENS = 24;

/** Tokens of each prompt. */
export function promptLength(load: LoadName, { promptTokens, sharedPrefix }: ServingPlan): number {
  return load === "plain" ? promptTokens : sharedPrefix + OWN_TOKENS;
}

/** Ids, [client][request][token]; the beginning that is shared is a new one each time too. */
export function drawPrompts(
  tokenizer: Tokenizer,
  plan: ServingPlan,
  load: LoadName,
  random: () => number,
): number[][][] {
  const length = promptLength(load, plan);
  const draw = () => randomPrompt(tokenizer, length, random);
  const beginning = load === "shared" ? draw().slice(0, plan.sharedPrefix) : [];
  return Array.from({ length: plan.clients }, () =>
    Array.from({ length: plan.requests }, () => [...beginning, ...draw().slice(beginning.length)]),
  );
}
