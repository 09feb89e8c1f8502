/** `assay bench serve`: the server against llama.cpp's own decode and against another server, in turns. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tokenizer } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import {
  drawPrompts,
  findPeer,
  promptLength,
  type ServingPlan,
  type ServingTarget,
  type ServingTurn,
  serveTurn,
  summariseServing,
} from "../../measure/index.ts";
import { createRandom } from "../../random.ts";
import type { ServeBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { startServe } from "../serve/serve-process.ts";
import { findModel } from "../with-model.ts";
import { checkWritable } from "../write-output.ts";
import { prefixed } from "./models.ts";
import { openingOf, type PlannedOpening } from "./models-opening.ts";
import { runInProcess } from "./models-process.ts";
import type { BareJob, BareResult } from "./serve-bare.ts";
import { serveFlags } from "./serve-flags.ts";
import { randomMixture } from "./serve-model.ts";
import { tellServingBench } from "./serve-output.ts";

/** Runs the comparison; tells the exit status. */
export async function runServeBench(
  context: CliContext,
  options: ServeBenchOptions & SharedOptions,
): Promise<number> {
  checkWritable(options.report);
  const { config, signal, terminal } = context;
  const plan = planOf(context, options);
  const peer = options.peer === undefined ? undefined : await findPeer(options.peer, signal);
  // The default of other commands, lab-moe, is so small that HTTP would be all that is measured.
  const argument = options.model ?? (await randomMixture(config.cacheDir));
  const found = await findModel(context, { argument, options: {} });
  const longest = promptLength(plan.sharedPrefix > 0 ? "shared" : "plain", plan);
  const planned = await openingOf(context, found, Math.max(longest, plan.promptTokens) + plan.tokens);
  const { openLocalTokenizer } = await import("../../engine/index.ts");
  const tokenizer = await openLocalTokenizer({ path: found.path, unsafeLib: context.unsafeLib, signal });
  const folder = mkdtempSync(join(tmpdir(), "assay-bench-serve-"));
  const turns: ServingTurn[] = [];
  let interrupted = false;
  try {
    terminal.note(
      `${found.path}${peer ? `; the peer is ${peer.url}, which has to serve the same file` : ""}`,
    );
    const tools = { context, plan, planned, tokenizer, random: createRandom(plan.seed), peer };
    for (let turn = 0; turn < plan.rounds; turn++)
      turns.push(await takeTurn(tools, join(folder, "runs.db"), `turn ${turn + 1} of ${plan.rounds}`));
  } catch (error) {
    interrupted = isAppError(error) && error.code === "CANCELLED";
    if (!interrupted || turns.length === 0) throw error;
  } finally {
    await tokenizer.close();
    rmSync(folder, { recursive: true, force: true });
  }
  tellServingBench(
    context,
    {
      status: interrupted ? "interrupted" : "done",
      plan,
      model: {
        name: found.name,
        parameters: planned.description.parameters,
        quantisation: planned.description.quantisation,
      },
      threads: planned.opening.placement.threads,
      turns: turns.length,
      peer: options.peer,
      results: summariseServing(turns, plan),
    },
    options,
  );
  if (interrupted) terminal.note("Stopped; the figures are of the turns that were finished.");
  return interrupted ? 130 : 0;
}

interface TurnTools {
  readonly context: CliContext;
  readonly plan: ServingPlan;
  readonly planned: PlannedOpening;
  readonly tokenizer: Tokenizer;
  readonly random: () => number;
  readonly peer: ServingTarget | undefined;
}

/** Baseline, server, peer: one after the other, and only one of ours has the model open at a time. */
async function takeTurn(tools: TurnTools, store: string, name: string): Promise<ServingTurn> {
  const { context, plan, planned, tokenizer, random, peer } = tools;
  const { signal, terminal } = context;
  const told = (who: string) => prefixed(terminal.onEvent, `${name}, ${who}`);
  const job: BareJob = {
    opening: planned.opening,
    prompts: drawPrompts(tokenizer, plan, "plain", random),
    tokens: plan.tokens,
  };
  const bare = await runInProcess<BareResult>("./serve-bare-child", job, {
    signal,
    onEvent: told("llama_decode"),
  });
  const child = await startServe({
    args: [planned.opening.path, "--store", store, ...serveFlags(context, planned.opening, plan)],
    signal,
  });
  const own = { url: child.url, model: child.models[0]!, endless: endlessBy(tokenizer) };
  const serving = { plan, tokenizer, random, signal };
  let status: number | undefined;
  const server = await serveTurn(own, { ...serving, onEvent: told("assay serve") }).finally(async () => {
    status = await child.stop();
  });
  if (status !== 0)
    throw new AppError(
      "MODEL_LOAD",
      `assay serve ended with ${status ?? "a signal"} when it was told to end.`,
    );
  return { bare, server, peer: peer && (await serveTurn(peer, { ...serving, onEvent: told("peer") })) };
}

/** Bans the token that ends an answer, as OpenAI's API has no other word for it. */
function endlessBy({ info }: Tokenizer): ServingTarget["endless"] {
  return info.eos === undefined ? {} : { logit_bias: { [info.eos]: -100 } };
}

function planOf({ config }: CliContext, options: ServeBenchOptions): ServingPlan {
  const { clients, requests, promptTokens, tokens, sharedPrefix, rounds } = options;
  return { clients, requests, promptTokens, tokens, sharedPrefix, rounds, seed: config.seed };
}
