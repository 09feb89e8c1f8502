import { describe, expect, it } from "vitest";
import type { MethodScores, MiningBench, ModelScores, Spread } from "../measure/index.ts";
import { renderMiningBenchHtml } from "./mining-bench-html.ts";
import { miningBenchDocument } from "./mining-bench-json.ts";
import { renderMiningBenchMarkdown } from "./mining-bench-markdown.ts";
import { recallCurves } from "./mining-bench-plot.ts";
import { attainedTable, costTable, differenceTable, spreadText } from "./mining-bench-table.ts";

const spread = (mean: number, deviation = 0): Spread => ({
  ...{ mean, min: mean - deviation, max: mean + deviation, deviation, runs: 5 },
});

const SHARES = { census: spread(1), walk: spread(0.6), random: spread(0.05, 0.013) };

function scores(name: string, shares: Record<string, Spread> = SHARES): ModelScores {
  const methods = Object.entries(shares);
  return {
    name,
    model: { name, path: `/models/${name}.gguf`, fingerprint: "f", quantisation: "Q8_0" },
    candidates: 12_028,
    census: { run: "mine-1", glitches: 576 },
    hasTruth: true,
    targets: [
      { target: "confirmed", tokens: 576 },
      { target: "decoys", tokens: 60 },
    ],
    cells: methods.map(([method, share]) => ({
      method,
      budget: "1 %",
      limit: 121,
      attained: { confirmed: share, decoys: spread(1) },
      hitRate: share,
      precision: spread(1),
      tested: spread(121),
      charged: spread(121),
      probes: spread(1_359),
      seconds: spread(12.34),
    })),
    curves: methods.map(([method, share]) => ({
      method,
      points: [0.005, 0.01].map((budget) => ({ budget, attained: { confirmed: share } })),
    })),
  };
}

function bench(...models: ModelScores[]): MiningBench {
  const overall: MethodScores = { ...models[0]!, name: `Mean of ${models.length} models` };
  const difference = {
    target: "confirmed",
    budget: "1 %",
    method: "census",
    baseline: "walk",
    isBest: true,
    share: 1,
    baselineShare: 0.6,
    mean: 0.4,
    low: -0.012,
    high: 0.812,
    differences: models.map(() => 0.4),
  } as const;
  return {
    seeds: [0, 1, 2, 3, 4],
    methods: Object.keys(SHARES).map((id) => ({ id, goal: `Goal of ${id}.`, reference: "-" })),
    models,
    overall: models.length > 1 ? overall : undefined,
    differences: models.length > 1 ? [difference] : [],
  };
}

describe("the tables", () => {
  it("show shares with their spread, and what a deterministic method lacks", () => {
    expect(spreadText(spread(0.998, 0.0012))).toBe("99.8% ±0.1");
    expect(spreadText(spread(0.5))).toBe("50% ±0");
    expect(spreadText({ ...spread(0.5), deviation: undefined, runs: 1 })).toBe("50%");
    expect(spreadText(undefined)).toBe("–");
  });

  it("have a row for each method at each budget and a column for each target", () => {
    const { columns, rows } = attainedTable(scores("lab"));
    expect(columns.map(({ title }) => title)).toEqual(["budget", "method", "all glitches", "decoys spared"]);
    expect(rows).toEqual([
      ["1 %", "census", "100% ±0", "100% ±0"],
      ["1 %", "walk", "60% ±0", "100% ±0"],
      ["1 %", "random", "5% ±1.3", "100% ±0"],
    ]);
    expect(costTable(scores("lab")).rows[0]).toEqual([
      ...["1 %", "census", "100% ±0", "100% ±0"],
      ...["121", "121", "1,359", "12.3"],
    ]);
  });

  it("pair models where there are several", () => {
    expect(differenceTable(bench(scores("a"))).rows).toEqual([]);
    expect(differenceTable(bench(scores("a"), scores("b"))).rows).toEqual([
      ["all glitches", "1 %", "100%", "walk", "60%", "+40.0", "-1.2 to +81.2"],
    ]);
  });
});

describe("the document", () => {
  const document = miningBenchDocument(bench(scores("lab")), {
    machine: { platform: "linux-x64", cpu: "c", cores: 2, memoryBytes: 1, node: "v20" },
    notes: [],
  });

  it("is a bench's: every figure by name, with baseline, ratio and spread", () => {
    expect(document).toMatchObject({ schema: 1, kind: "bench", name: "mining", machine: { cores: 2 } });
    const of = (name: string, method: string) =>
      document.results.find((row) => row.name === name && row.method === method);
    expect(of("attained:confirmed", "census")).toMatchObject({
      ...{ model: "lab", budget: "1 %", value: 1, unit: "share", baseline: 0.6, runs: 5, min: 1, max: 1 },
      ratio: 1 / 0.6,
    });
    expect(of("attained:confirmed", "random")).toMatchObject({ baseline: 1, ratio: 0.05, deviation: 0.013 });
    expect(of("seconds", "walk")).toMatchObject({ value: 12.34, unit: "s", baseline: undefined });
  });

  it("survives JSON with no figure that JSON lacks", () => {
    expect(JSON.stringify(document)).not.toContain("null");
  });
});

describe("Markdown", () => {
  it("is two tables for one model, and folds the models where there are several", () => {
    const one = renderMiningBenchMarkdown(bench(scores("lab")), { command: "npx assay bench mining" });
    expect(one).toContain("| 1 % | random | 5% ±1.3 | 100% ±0 |");
    expect(one).toContain("Again: `npx assay bench mining`");
    expect(one).not.toContain("<details>");
    const two = renderMiningBenchMarkdown(bench(scores("a"), scores("b")));
    expect(two.match(/<details>/g)).toHaveLength(2);
    expect(two).toContain("### Mean of 2 models");
    expect(two).toContain("+40.0");
  });

  it("lets no file name become markup", () => {
    const text = renderMiningBenchMarkdown(bench(scores("a|b<script>`")));
    expect(text).not.toMatch(/<script>|a\|b/);
  });
});

describe("the page", () => {
  it("has a curve and tables a model, no script, and nothing from outside", () => {
    const html = renderMiningBenchHtml(bench(scores("a"), scores("<script>alert(1)</script>")), {
      command: "npx assay bench mining a b",
      versions: { assay: "0.1.0" },
    });
    expect(html.match(/<svg/g)?.length).toBe(3);
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("recallCurves", () => {
  it("draws the same picture every time", async () => {
    await expect(recallCurves(scores("lab"), "confirmed", "plot")).toMatchFileSnapshot(
      "./__snapshots__/recall-curves.svg",
    );
  });

  it("keeps the names of many lines that end together apart and inside", () => {
    const same = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`method-${i}`, spread(0.001 * i)]));
    const svg = recallCurves(scores("lab", same), "confirmed", "plot");
    const rows = [...svg.matchAll(/<text x="736" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(rows).toHaveLength(8);
    for (const [index, row] of rows.entries()) {
      expect(row).toBeLessThanOrEqual(336);
      if (index > 0) expect(row - rows[index - 1]!).toBeGreaterThanOrEqual(14.9);
    }
  });

  it("draws nothing that has no points", () => {
    const empty = { ...scores("lab"), curves: [] };
    expect(recallCurves(empty, "confirmed", "plot")).not.toMatch(/NaN|Infinity|undefined/);
  });
});
