import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { createRandom } from "../../random.ts";
import { drawPrompts, OWN_TOKENS } from "./draw-prompts.ts";
import type { LoadSample, ServerTurn, ServingPlan, ServingTurn } from "./serving-bench.ts";
import { summariseServing } from "./summarise-serving.ts";

const PLAN: ServingPlan = {
  ...{ clients: 2, requests: 3, promptTokens: 16, tokens: 10, sharedPrefix: 40, rounds: 3, seed: 1 },
};

/** Six answers of ten tokens in so many seconds. */
const sample = (seconds: number): LoadSample => ({
  seconds,
  requests: [1, 2, 3, 4, 5, 6].map((at) => ({ firstMs: 100 * at * seconds, totalMs: 900, tokens: 10 })),
});
const server = (plain: number, unshared = 8, shared = 2): ServerTurn => ({
  plain: sample(plain),
  unshared: sample(unshared),
  shared: sample(shared),
});
const turns = (peer?: ServerTurn): ServingTurn[] =>
  [2, 4, 5].map((seconds) => ({
    bare: { unified: seconds, separate: seconds / 2 },
    server: server(seconds),
    peer,
  }));
const find = (results: ReturnType<typeof summariseServing>, name: string) =>
  results.find((result) => result.name === name)!;

describe("summariseServing", () => {
  it("holds the server against the faster of the bare decodes, turn by turn", () => {
    const speed = find(summariseServing(turns(), PLAN), "tokens-per-second");
    expect(speed.value).toEqual({ median: 15, min: 12, max: 30, runs: 3 });
    expect(speed.baseline).toMatchObject({ median: 30 });
    expect(speed.ratio).toEqual({ median: 0.5, min: 0.5, max: 0.5, runs: 3 });
  });

  it("takes quantiles in each turn and the median of the turns", () => {
    const results = summariseServing(turns(), PLAN);
    expect(find(results, "first-token-p50").value).toMatchObject({ median: 1400, min: 700, max: 1750 });
    expect(find(results, "first-token-p95").value?.median).toBeCloseTo(2300, 6);
    expect(find(results, "request-p95").value).toMatchObject({ median: 900 });
  });

  it("holds shared prompts against unshared ones", () => {
    expect(find(summariseServing(turns(), PLAN), "shared-prefix").ratio).toMatchObject({ median: 4 });
  });

  it("has no figure for a peer that is not there, and none against it", () => {
    for (const name of ["peer", "peer-shared-prefix"])
      expect(find(summariseServing(turns(), PLAN), name)).toMatchObject({
        value: undefined,
        baseline: undefined,
        ratio: undefined,
      });
    expect(find(summariseServing(turns(), PLAN), "against-peer")).toMatchObject({
      baseline: undefined,
      ratio: undefined,
    });
  });

  it("counts less waiting as better", () => {
    const results = summariseServing(turns(server(8)), PLAN);
    expect(find(results, "first-token-p50").ratio).toMatchObject({ median: 2 });
    expect(find(results, "against-peer").ratio).toMatchObject({ median: 2 });
    expect(find(results, "peer").ratio).toMatchObject({ median: 0.25 });
  });

  it("tells no ratio of fewer than three turns", () => {
    expect(find(summariseServing(turns().slice(0, 2), PLAN), "tokens-per-second").ratio).toBeUndefined();
  });
});

describe("drawPrompts", () => {
  const model = createScriptedModel();
  const draw = (load: "plain" | "shared" | "unshared", seed = 1) =>
    drawPrompts(model, PLAN, load, createRandom(seed));

  it("gives each client its requests, of exactly so many tokens", () => {
    for (const load of ["plain", "shared", "unshared"] as const) {
      const prompts = draw(load);
      expect(prompts.map((own) => own.length)).toEqual([3, 3]);
      const length = load === "plain" ? 16 : 40 + OWN_TOKENS;
      for (const prompt of prompts.flat()) expect(prompt).toHaveLength(length);
    }
  });

  it("shares the beginning and nothing else, and no beginning where nothing is to be shared", () => {
    const shared = draw("shared").flat();
    const beginnings = new Set(shared.map((prompt) => prompt.slice(0, 40).join()));
    expect(beginnings.size).toBe(1);
    expect(new Set(shared.map((prompt) => prompt.slice(40).join())).size).toBe(6);
    expect(
      new Set(
        draw("unshared")
          .flat()
          .map((prompt) => prompt.slice(0, 12).join()),
      ).size,
    ).toBe(6);
  });
});
