/** The plots of a mine: the best indicator against p(token), and a histogram for every indicator. */

import type { MineResult, TokenEvidence, Verdict } from "../glitch/index.ts";
import { escapeHtml } from "./escape.ts";
import { formatFigure, formatShare } from "./format.ts";
import { histogramPlot } from "./histogram-plot.ts";
import { type ScatterPoint, scatterPlot } from "./scatter-plot.ts";
import { indicatorNames, type Separation } from "./separation.ts";

// More marks of the same colour add bytes, not insight.
const NORMAL_MARKS = 4_000;

/** Both plots as HTML figures with captions, or a sentence that says why there are none. */
export function minePlots(result: MineResult, indicators: readonly Separation[]): string {
  const [best] = indicators;
  const indicator = best?.indicator ?? indicatorNames(result.tokens)[0];
  if (indicator === undefined)
    return '<p class="note">No plot: no tested token has a figure from the weights.</p>';
  return `<figure>
${indicatorScatter(result, indicator)}
<figcaption>Each mark is a tested token: across, <b>${escapeHtml(indicator)}</b>, read from the weights alone; upwards, how
probable the model made the token when asked to repeat it (log scale). ${bestSentence(best)} Rest on a glitch to see it; click it to find its row.</figcaption>
</figure>
${best === undefined ? "" : histograms(indicators)}`;
}

function bestSentence(best: Separation | undefined): string {
  if (best === undefined) return "";
  return `Of all indicators it separates best: in ${formatShare(best.auc)} of all pairs the glitch lies ${best.suspects === "low" ? "lower" : "higher"} than the normal token.`;
}

/** Indicator against p(token), with the calibrated thresholds of the templates kept. */
export function indicatorScatter(result: MineResult, indicator: string): string {
  const pointsOf = (verdict: Verdict) =>
    result.tokens.filter((token) => token.verdict === verdict).flatMap((token) => pointOf(token, indicator));
  return scatterPlot({
    id: "scatter",
    title: `${indicator} against the probability of repeating the token`,
    description: `${result.counts.glitch} glitch, ${result.counts.uncertain} uncertain and ${result.counts.normal} normal tokens of ${result.model.name}.`,
    xTitle: indicator,
    yTitle: "p(token)",
    series: [
      { name: "normal", ink: "normal", shape: "circle", points: pointsOf("normal"), atMost: NORMAL_MARKS },
      { name: "uncertain", ink: "uncertain", shape: "diamond", points: pointsOf("uncertain") },
      { name: "glitch", ink: "glitch", shape: "triangle", points: pointsOf("glitch") },
    ],
    thresholds: result.templates
      .filter((template) => template.kept)
      .map(({ template, threshold }) => ({ value: threshold, name: template })),
  });
}

function pointOf(token: TokenEvidence, indicator: string): ScatterPoint[] {
  const x = token.indicators[indicator];
  if (x === undefined || token.p === undefined) return [];
  return [
    { x, y: token.p, id: token.id, name: `${token.text} (id ${token.id}), p = ${formatFigure(token.p)}` },
  ];
}

function histograms(list: readonly Separation[]): string {
  const figures = list.map(
    (one, index) => `<figure>
${histogramPlot({
  id: `histogram-${index}`,
  title: `${one.indicator}: normal and glitch tokens`,
  description: `Share of the normal and of the glitch tokens at each value of ${one.indicator}.`,
  xTitle: one.indicator,
  groups: [
    { name: "normal", ink: "normal", values: one.normal },
    { name: "glitch", ink: "glitch", values: one.glitch },
  ],
})}
<figcaption><b>${escapeHtml(one.indicator)}</b> separates ${formatShare(one.auc)} of pairs; suspects lie ${one.suspects}.</figcaption>
</figure>`,
  );
  return `<details class="histograms"><summary>All ${list.length} indicators, best first</summary>
<div class="grid">${figures.join("\n")}</div></details>`;
}
