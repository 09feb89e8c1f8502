/** A mine for the terminal: columns, rows and summary lines as plain text. Pure; the command line lays them out. */

import type { MineResult, TokenEvidence, TruthScore } from "../glitch/index.ts";
import { formatCount, formatFigure, formatShare } from "./format.ts";
import { glitchesOf, headlines, statusNote } from "./mine-figures.ts";

/** A column's head and side. */
export interface TableColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Texts in rows and columns, not yet laid out. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** One text per column. */
  readonly rows: readonly (readonly string[])[];
  /** Rows that exist but are not in `rows`. */
  readonly left: number;
}

const COLUMNS: readonly TableColumn[] = [
  { title: "id", align: "right" },
  { title: "token", align: "left" },
  { title: "p(token)", align: "right" },
  { title: "rank", align: "right" },
  { title: "entropy", align: "right" },
  { title: "ASR", align: "right" },
];

/** The glitches, the most suspect first; at most `limit` of them. */
export function mineTable(result: MineResult, { limit = 20 }: { limit?: number } = {}): Table {
  const glitches = glitchesOf(result);
  return {
    columns: COLUMNS,
    rows: glitches.slice(0, limit).map(rowOf),
    left: Math.max(0, glitches.length - limit),
  };
}

function rowOf({ id, text, p, rank, entropy, asr, asrLow, asrHigh }: TokenEvidence): string[] {
  const interval = `${formatShare(asr ?? NaN)} (${formatShare(asrLow ?? NaN)} to ${formatShare(asrHigh ?? NaN)})`;
  return [
    String(id),
    text,
    formatFigure(p),
    rank === undefined ? "–" : formatCount(rank),
    formatFigure(entropy),
    asr === undefined ? "–" : interval,
  ];
}

/** How each probe template did on this model's control tokens. */
export function templateTable(result: MineResult): Table {
  return {
    columns: [
      { title: "template", align: "left" },
      { title: "use", align: "left" },
      { title: "controls passed", align: "right" },
      { title: "threshold", align: "right" },
      { title: "tokens", align: "right" },
    ],
    rows: result.templates.map((template) => [
      template.template,
      template.kept ? "kept" : "dropped",
      `${formatShare(template.passRate)} of ${formatCount(template.controls)}`,
      formatFigure(template.threshold),
      `${template.prefixTokens} + ${template.tailTokens}`,
    ]),
    left: 0,
  };
}

/** "Name: value" lines: the headline figures, then what the reader must know about the run. */
export function mineSummary(result: MineResult, truth?: TruthScore): string[] {
  const lines = headlines(result, truth).map(({ name, value }) => `${name}: ${value}`);
  const { recall } = result;
  if (recall !== undefined)
    lines[lines.findIndex((line) => line.startsWith("Recall:"))] +=
      ` (${formatShare(recall.low)} to ${formatShare(recall.high)})`;
  const note = statusNote(result.status);
  return [...lines, ...(note === undefined ? [] : [note]), ...(result.notes ?? [])];
}
