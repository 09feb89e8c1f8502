/** A profile as tables of plain text, for the terminal and the page. */

import type { ModelProfile, TimePart, VerdictChanges } from "../measure/index.ts";
import { formatCount, formatSeconds, formatShare } from "./format.ts";
import type { Table, TableColumn } from "./mine-table.ts";
import type { TitledTable } from "./model-bench-table.ts";
import { bytesText, figureText, plainFigure, ratioText, waitText } from "./model-bench-words.ts";

/** Parts of the time, in the order of the bar, and what each is. */
export const PART_WORDS: Readonly<Record<TimePart, string>> = {
  prompt: "prompt",
  decode: "decode",
  sampling: "sampling",
  grammar: "grammar",
  waiting: "waiting",
};

const text = (title: string): TableColumn => ({ title, align: "left" });
const number = (title: string): TableColumn => ({ title, align: "right" });

/** The tables that have something to say. */
export function profileTables(profile: ModelProfile): TitledTable[] {
  return [
    { title: "Size, memory and load", table: sizeTable(profile) },
    {
      title: "Speed in tokens a second over all requests, and time to first token",
      table: speedTable(profile),
    },
    { title: `Perplexity, and its ratio to ${profile.best}`, table: perplexityTable(profile) },
    { title: `Glitch verdicts against ${profile.best}`, table: verdictTable(profile) },
    { title: "Where the time goes", table: timeTable(profile) },
    { title: "Recommended use", table: useTable(profile) },
    { title: "What failed", table: errorTable(profile) },
  ].filter(({ table }) => table.rows.length > 0);
}

function sizeTable({ types, plan }: ModelProfile): Table {
  return {
    columns: [
      text("type"),
      ...["file", "bits a weight", "load", "peak memory", "of it the model", "predicted", "turns"].map(
        number,
      ),
    ],
    rows: types.map(({ type, row }) => [
      type,
      bytesText(row.fileBytes),
      ((8 * row.fileBytes) / row.parameters).toFixed(2),
      figureText(row.loadSeconds, (seconds) => `${seconds.toFixed(2)} s`),
      figureText(row.peakBytes, bytesText),
      row.modelBytes ? bytesText(row.modelBytes.median) : "–",
      bytesText(row.estimate.total),
      `${row.turns} of ${plan.repeat}`,
    ]),
    left: 0,
  };
}

function speedTable({ types }: ModelProfile): Table {
  const isCompared = types.length > 1;
  return {
    columns: [
      text("type"),
      ...["requests", "prompt", "generation"].map(number),
      ...(isCompared ? [number(`against ${types[0]!.type}`)] : []),
      ...["generation, share", "first token", "p95"].map(number),
    ],
    rows: types.flatMap(({ type, row }) =>
      row.speed.map(({ parallel, prompt, generation, against, share, ttft }) => [
        type,
        formatCount(parallel),
        figureText(prompt),
        figureText(generation),
        ...(isCompared ? [ratioText(against)] : []),
        ratioText(share.generation),
        waitText(ttft.median),
        waitText(ttft.p95),
      ]),
    ),
    left: 0,
  };
}

function perplexityTable({ types }: ModelProfile): Table {
  return {
    columns: [
      text("type"),
      ...["tokens", "perplexity", "95 % interval", "ratio", "its interval", "bits a byte"].map(number),
    ],
    rows: types.flatMap(({ type, perplexity, ratio }) =>
      perplexity === undefined
        ? []
        : [
            [
              type,
              formatCount(perplexity.tokens),
              plainFigure(perplexity.perplexity),
              `${plainFigure(perplexity.low)} to ${plainFigure(perplexity.high)}`,
              ratio ? ratio.ratio.toFixed(4) : "–",
              ratio ? `${ratio.low.toFixed(4)} to ${ratio.high.toFixed(4)}` : "–",
              perplexity.bitsPerByte.toFixed(3),
            ],
          ],
    ),
    left: 0,
  };
}

function verdictTable({ types }: ModelProfile): Table {
  const tokens = (changes: VerdictChanges | undefined, key: "appeared" | "vanished") =>
    changes ? formatCount(changes[key].length) : "–";
  return {
    columns: [
      text("type"),
      ...["glitch", "compared", "stay", "appear", "vanish"].map(number),
      text("which: + appear, − vanish"),
    ],
    rows: types.flatMap(({ type, glitches, changes }) =>
      glitches === undefined
        ? []
        : [
            [
              type,
              formatCount(glitches),
              changes ? formatCount(changes.compared) : "–",
              changes ? formatCount(changes.stayed) : "–",
              tokens(changes, "appeared"),
              tokens(changes, "vanished"),
              changes ? namesOf(changes) : "the reference",
            ],
          ],
    ),
    left: 0,
  };
}

/** Tokens named in a cell; the JSON document has all. */
const NAMED = 6;

function namesOf({ appeared, vanished }: VerdictChanges): string {
  const some = (tokens: VerdictChanges["appeared"], sign: string) =>
    tokens.slice(0, NAMED).map(({ id, text: token }) => `${sign}${token} (${id})`);
  const more = Math.max(0, appeared.length - NAMED) + Math.max(0, vanished.length - NAMED);
  const names = [...some(appeared, "+"), ...some(vanished, "−")];
  if (names.length === 0) return "none";
  return `${names.join(", ")}${more > 0 ? ` and ${formatCount(more)} more` : ""}`;
}

function timeTable({ types }: ModelProfile): Table {
  const parts = Object.entries(PART_WORDS) as [TimePart, string][];
  return {
    columns: [text("type"), text("work"), number("time"), ...parts.map(([, word]) => number(word))],
    rows: types.flatMap(({ type, times }) =>
      times.map(({ workload, requests, total, seconds }) => [
        type,
        `${formatCount(requests)} × ${workload}`,
        formatSeconds(total),
        ...parts.map(([part]) => formatShare(seconds[part] / total)),
      ]),
    ),
    left: 0,
  };
}

function useTable({ types }: ModelProfile): Table {
  return {
    columns: [text("type"), text("use")],
    rows: types.filter(({ error }) => error === undefined).map(({ type, use }) => [type, use]),
    left: 0,
  };
}

function errorTable({ types }: ModelProfile): Table {
  const rows = types.flatMap(({ type, error, notes }) =>
    [...(error ? [error.message] : []), ...notes].map((why) => [type, why]),
  );
  return { columns: [text("type"), text("why")], rows, left: 0 };
}
