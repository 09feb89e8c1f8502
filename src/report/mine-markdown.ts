/** A mine as short Markdown for issues and notes: headline, templates, the first glitches, the rest folded away. */

import type { MineResult } from "../glitch/index.ts";
import { escapeHtml } from "./escape.ts";
import { headlines, type MineReportOptions, statusNote } from "./mine-figures.ts";
import { mineTable, type Table, templateTable } from "./mine-table.ts";

const OPEN_ROWS = 50;
const TOKEN_COLUMN = 1;

/** Renders the summary; tokens are shown as code and can neither end a cell nor become markup. */
export function renderMineMarkdown(result: MineResult, options: MineReportOptions = {}): string {
  const all = mineTable(result, { limit: Number.POSITIVE_INFINITY });
  const open = { ...all, rows: all.rows.slice(0, OPEN_ROWS) };
  const folded = { ...all, rows: all.rows.slice(OPEN_ROWS) };
  const { model, seed, run, method } = result;
  const versions = Object.entries(options.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  const origin = [
    `run ${run}`,
    `method ${method}`,
    `seed ${seed}`,
    `fingerprint ${model.fingerprint}`,
    ...versions,
  ];
  const sections = [
    `# Glitch tokens of ${code(model.name)} (${inline(model.quantisation)})`,
    ...[statusNote(result.status), ...(result.notes ?? [])]
      .filter((note) => note !== undefined)
      .map((note) => `> ${inline(note)}`),
    headlines(result, options.truth)
      .map(({ name, value, meaning }) => `- **${name}: ${inline(value)}** – ${inline(meaning)}`)
      .join("\n"),
    "## Templates",
    tableText(templateTable(result), 0),
    `## Glitch tokens`,
    all.rows.length === 0 ? "None found." : tableText(open, TOKEN_COLUMN),
    ...(folded.rows.length === 0
      ? []
      : [
          `<details><summary>${folded.rows.length} more</summary>\n\n${tableText(folded, TOKEN_COLUMN)}\n\n</details>`,
        ]),
    ...(options.command === undefined ? [] : [`Again: ${code(options.command)}`]),
    inline(origin.join(" · ")),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** A table in Markdown; one column may be code. */
export function tableText({ columns, rows }: Table, codeColumn: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...rows.map((row) => line(row.map((cell, index) => (index === codeColumn ? code(cell) : inline(cell))))),
  ].join("\n");
}

const PLAIN = /^[\p{L}\p{N}▁.:/+=,-]+( [\p{L}\p{N}▁.:/+=,-]+)*$/u;

/**
 * Text as code. A plain code span where nothing in the text can end it; else an HTML element with character
 * references, because inside a table not even a code span protects `|`, and backticks can run together.
 */
function code(text: string): string {
  if (PLAIN.test(text)) return `\`${text}\``;
  const safe = [...text].map((character) =>
    /[\p{L}\p{N} ▁]/u.test(character) ? character : `&#${character.codePointAt(0)};`,
  );
  return `<code>${safe.join("")}</code>`;
}

/** Text of our own or from the model file's header, outside code: no markup survives. */
export function inline(text: string): string {
  return escapeHtml(text.replace(/\s+/g, " ")).replace(/[\\`*_[\]|~]/g, "\\$&");
}
