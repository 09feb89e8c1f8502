/** Turns -> the figures of the comparison. */

import { type Figure, figureOf, quantile, ratioOf } from "../models/figure.ts";
import { OWN_TOKENS } from "./draw-prompts.ts";
import type { LoadName, ServerTurn, ServingPlan, ServingResult, ServingTurn } from "./serving-bench.ts";

type Values = readonly (number | undefined)[];

/** All figures in their order; those that nobody measured have no value. */
export function summariseServing(turns: readonly ServingTurn[], plan: ServingPlan): ServingResult[] {
  const { clients, promptTokens, tokens, sharedPrefix } = plan;
  const bare = turns.map(({ bare: { unified, separate } }) => workTokens(plan) / Math.min(unified, separate));
  const server = turns.map((turn) => turn.server);
  const peer = turns.map((turn) => turn.peer);
  const work = `${clients} clients, prompts of ${promptTokens} tokens that share nothing, ${tokens} tokens each`;
  const prefixed = `prompts of ${sharedPrefix + OWN_TOKENS} tokens of which the first ${sharedPrefix} are the same`;
  const speed = (of: readonly (ServerTurn | undefined)[], load: LoadName) =>
    of.map((turn) => tokensPerSecond(turn, load));
  const wait = (of: readonly (ServerTurn | undefined)[], what: "firstMs" | "totalMs", share: number) =>
    of.map(
      (turn) =>
        turn &&
        quantile(
          turn.plain.requests.map((request) => request[what]),
          share,
        ),
    );
  const waits = (name: string, what: "firstMs" | "totalMs", words: string): ServingResult[] =>
    ([50, 95] as const).map((percent) => {
      const ours = wait(server, what, percent / 100);
      const theirs = wait(peer, what, percent / 100);
      return {
        ...{ name: `${name}-p${percent}`, unit: "ms", value: figure(ours), baseline: figure(theirs) },
        // Less is better.
        ratio: ratioOf(theirs, ours),
        measured: `Milliseconds from a request to ${words}: ${percent} % of the requests waited no longer; ${work}. Against the peer.`,
      };
    });
  return [
    rate(
      "tokens-per-second",
      speed(server, "plain"),
      bare,
      `Output tokens a second that the clients received from assay serve: ${work}. Against llama_decode alone on as many tokens.`,
    ),
    ...waits("first-token", "firstMs", "the first piece of its answer"),
    ...waits("request", "totalMs", "the end of its answer"),
    rate(
      "shared-prefix",
      speed(server, "shared"),
      speed(server, "unshared"),
      `The same from assay serve with ${prefixed}. Against prompts of that length that share nothing. Computing the beginning once is part of it.`,
    ),
    rate("peer", speed(peer, "plain"), bare, `The peer: ${work}. Against llama_decode alone.`),
    rate(
      "against-peer",
      speed(server, "plain"),
      speed(peer, "plain"),
      `assay serve: ${work}. Against the peer.`,
    ),
    rate(
      "peer-shared-prefix",
      speed(peer, "shared"),
      speed(peer, "unshared"),
      `The peer with ${prefixed}. Against prompts of that length that share nothing.`,
    ),
  ];
}

/** Output tokens of a load. */
function workTokens({ clients, requests, tokens }: ServingPlan): number {
  return clients * requests * tokens;
}

function tokensPerSecond(turn: ServerTurn | undefined, load: LoadName): number | undefined {
  const sample = turn?.[load];
  return sample && sample.requests.reduce((sum, { tokens }) => sum + tokens, 0) / sample.seconds;
}

function rate(name: string, values: Values, baselines: Values, measured: string): ServingResult {
  const value = figure(values);
  // A figure that nobody measured is not held against anything.
  const baseline = value && figure(baselines);
  return { name, unit: "tokens/s", value, baseline, ratio: ratioOf(values, baselines), measured };
}

function figure(values: Values): Figure | undefined {
  return figureOf(values.filter((value) => value !== undefined));
}
