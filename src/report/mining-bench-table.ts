/** A comparison of mining methods as tables of plain text, for the terminal, Markdown and the page. */

import type { MethodCell, MethodScores, MiningBench, Spread, TargetId } from "../measure/index.ts";
import { formatCount, formatShare } from "./format.ts";
import type { Table, TableColumn } from "./mine-table.ts";

/** Heads of the targets, and what each is. */
export const TARGET_WORDS: Readonly<Record<TargetId, { title: string; meaning: string }>> = {
  confirmed: { title: "all glitches", meaning: "every glitch token that the full census confirmed" },
  "never-seen": { title: "never seen", meaning: "tokens that training never showed, lies included" },
  lies: { title: "lies", meaning: "never seen, but given the rows of trained tokens" },
  rare: { title: "rare", meaning: "confirmed glitches among the tokens with 1 to 32 copy examples" },
  "text-only": {
    title: "text only",
    meaning: "confirmed glitches among the tokens that were read, never repeated",
  },
  decoys: {
    title: "decoys spared",
    meaning: "tokens of a small norm that work: the share that no probe was wasted on",
  },
};

const KEYS: readonly TableColumn[] = [
  { title: "budget", align: "left" },
  { title: "method", align: "left" },
];
const number = (title: string): TableColumn => ({ title, align: "right" });

/** Share of the attainable recall, of each target; a row for each method at each budget. */
export function attainedTable({ targets, cells }: MethodScores): Table {
  const shown = targets.map(({ target }) => target);
  return {
    columns: [...KEYS, ...shown.map((target) => number(TARGET_WORDS[target].title))],
    rows: cells.map((cell) => [...keysOf(cell), ...shown.map((target) => spreadText(cell.attained[target]))]),
    left: 0,
  };
}

/** What the searches gave for what they cost. */
export function costTable({ cells }: MethodScores): Table {
  return {
    columns: [...KEYS, ...["hit rate", "precision", "tested", "charged", "probes", "seconds"].map(number)],
    rows: cells.map((cell) => [
      ...keysOf(cell),
      spreadText(cell.hitRate),
      spreadText(cell.precision),
      formatCount(cell.tested.mean),
      formatCount(cell.charged.mean),
      formatCount(cell.probes.mean),
      cell.seconds.mean.toFixed(1),
    ]),
    left: 0,
  };
}

/** The first method against the best other one, over models; empty for a single model. */
export function differenceTable({ differences, models }: Pick<MiningBench, "differences" | "models">): Table {
  const best = differences.filter(({ isBest }) => isBest);
  const first = best[0]?.method ?? "";
  return {
    columns: [
      { title: "of", align: "left" },
      number("budget"),
      number(first),
      { title: "best other", align: "left" },
      number("reaches"),
      number("difference"),
      number("95 % interval"),
    ],
    rows:
      models.length < 2
        ? []
        : best.map((one) => [
            TARGET_WORDS[one.target].title,
            one.budget,
            formatShare(one.share),
            one.baseline,
            formatShare(one.baselineShare),
            points(one.mean),
            one.low === undefined || one.high === undefined
              ? "–"
              : `${points(one.low)} to ${points(one.high)}`,
          ]),
    left: 0,
  };
}

/** "never seen 367, lies 80": how many tokens each target has. */
export function targetSizes({ targets }: MethodScores): string {
  return targets
    .map(
      ({ target, tokens }) => `${TARGET_WORDS[target].title.replace(" spared", "")} ${formatCount(tokens)}`,
    )
    .join(", ");
}

/** "99.8% ±0.1": the spread is the standard deviation in points; ±0 where all agree. */
export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  const { mean, deviation } = spread;
  if (deviation === undefined) return formatShare(mean);
  return `${formatShare(mean)} ±${deviation === 0 ? "0" : (100 * deviation).toFixed(1)}`;
}

function keysOf({ budget, method }: MethodCell): string[] {
  return [budget, method];
}

/** A difference of shares in points, with its sign: +1.3. */
function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  return Number(text) === 0 ? "0.0" : difference > 0 ? `+${text}` : text;
}
