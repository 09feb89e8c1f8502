/** One turn of one server: a warm-up, then every load. */

import type { Tokenizer } from "../../engine/index.ts";
import type { EventSink } from "../../events.ts";
import { createStages } from "../models/stages.ts";
import { runClosedLoop } from "./closed-loop.ts";
import { drawPrompts } from "./draw-prompts.ts";
import {
  LOADS,
  type LoadName,
  type LoadSample,
  type ServerTurn,
  type ServingPlan,
  type ServingTarget,
} from "./serving-bench.ts";

export interface ServeTurnOptions {
  readonly plan: ServingPlan;
  readonly tokenizer: Tokenizer;
  /** Numbers in [0, 1); one source for all turns, so that no prompt comes again. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventSink | undefined;
}

/**
 * Measures a server. The warm-up has it load its model and learn how long its steps take.
 * @throws DATA_UNAVAILABLE, CANCELLED
 */
export async function serveTurn(
  target: ServingTarget,
  { plan, tokenizer, random, signal, onEvent }: ServeTurnOptions,
): Promise<ServerTurn> {
  const stages = createStages(onEvent);
  const measure = (load: LoadName, of: ServingPlan, stage: string) =>
    stages.run(stage, of.clients * of.requests, "answers", (onDone) => {
      let done = 0;
      const prompts = drawPrompts(tokenizer, of, load, random);
      return runClosedLoop(target, { prompts, tokens: of.tokens, signal, onAnswer: () => onDone(++done) });
    });
  await measure("plain", { ...plan, requests: 1 }, "warm-up");
  const samples: Partial<Record<LoadName, LoadSample>> = {};
  for (const load of plan.sharedPrefix > 0 ? LOADS : (["plain"] as const))
    samples[load] = await measure(load, plan, `${load} prompts`);
  return samples as ServerTurn;
}
