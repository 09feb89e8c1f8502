import { expect, it } from "vitest";
import type { Estimate, RoutingBench, StrategyRow } from "../measure/index.ts";
import { renderRoutingBenchHtml } from "./routing-bench-html.ts";
import { routingFindings } from "./routing-bench-text.ts";

const about = (value: number, spread = 0.1): Estimate => ({
  value,
  low: value - spread,
  high: value + spread,
});
const model = (name: string) => ({
  name,
  fingerprint: name,
  quantisation: "Q8_0",
  context: 2_048,
  seconds: 1,
});
const way = (id: string, changes: Partial<StrategyRow>): StrategyRow => ({
  ...{ id, goal: "a goal", quality: about(0.6), cost: 0.5, calls: 0.5, seconds: 5 },
  ...{ overRandom: about(0.2), overLength: about(-0.2), ...changes },
});
const bench = (changes: Partial<RoutingBench> = {}): RoutingBench => ({
  ...{
    policy: "balanced",
    seed: 0,
    items: 100,
    small: model("small <b>"),
    large: model("large"),
    gap: about(0.3),
  },
  strategies: [
    way("always small", { cost: 0, calls: 0, overRandom: undefined, overLength: undefined }),
    way("always large", { cost: 1, calls: 1, seconds: 9, overRandom: undefined, overLength: undefined }),
    way("balanced, score", {}),
  ],
  curves: [
    {
      ...{ id: "score", goal: "a goal", area: about(0.5), areaOverRandom: about(0) },
      points: [
        { cost: 0, quality: 0.3 },
        { cost: 1, quality: 0.6 },
      ],
    },
  ],
  tasks: [{ task: "sums", items: 100, small: 0.3, large: 0.6, direct: 0.5, escalated: 0, routed: 0.5 }],
  errors: 0,
  ...changes,
});

it("findings say where routing helps, where it does not, and what cannot be told", () => {
  expect(routingFindings(bench())).toEqual([
    "large is better than small <b> on these items by +30.0 [+20.0, +40.0] points: there is something to route for.",
    '"balanced, score" is better than a draw by lot at its cost: +20.0 [+10.0, +30.0] points.',
    '"balanced, score" is worse than the longest prompts first at its cost: -20.0 [-30.0, -10.0] points. It does not help here.',
    "At no matter which threshold: over all costs the score of balanced is not shown to order these items better than a draw does.",
  ]);
  expect(routingFindings(bench({ gap: about(0.05) }))[0]).toMatch(
    /^Routing does not help here: large is not shown/,
  );
  const unsure = bench({ strategies: [way("balanced, score", { overRandom: about(0.05) })] });
  expect(routingFindings(unsure)[1]).toMatch(/not shown to differ from a draw.*as far as these items tell/);
  const none = bench({ strategies: [way("balanced, score", { calls: 0 })] });
  expect(routingFindings(none)[1]).toMatch(/sends every item to small/);
  const dear = bench({
    strategies: [...bench().strategies.slice(0, 2), way("balanced, cascade", { seconds: 10 })],
  });
  expect(routingFindings(dear).join(" ")).toMatch(
    /takes more time than asking large everything \(10.0 s against 9.0 s\)/,
  );
});

it("the report stands alone, escapes names and is the same for the same bench", () => {
  const html = renderRoutingBenchHtml(bench(), { command: "assay bench route" });
  expect(html).toContain("small &lt;b&gt;");
  expect(html).not.toContain("small <b>");
  expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)|NaN|undefined/);
  expect(html).not.toContain("<script");
  expect(renderRoutingBenchHtml(bench(), { command: "assay bench route" })).toBe(html);
});
