/** Rows of the check as people read them: in the terminal, and as Markdown to pass on. */

import { styleText } from "node:util";
import {
  CLIENT_FAMILIES,
  type ConformanceSession,
  type RuleRow,
  type RuleStatus,
  type WireRule,
} from "../../conformance/index.ts";
import { formatSeconds } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { formatTable } from "../table.ts";

const COLOURS = { pass: "green", fail: "red", note: "yellow", skip: "gray" } as const;
/** Of the columns before the reason, beside the rule's id. */
const MARGIN = 17;

export function headLine({ target, model }: ConformanceSession): string {
  return `conformance of ${visibleToken(target.base)}, model ${visibleToken(model)}`;
}

/** A row; one that fails says what has to hold, who relies on it, what was sent and what came. */
export function formatRow(row: RuleRow, width: number): string {
  const { id, status, reason, seconds } = row;
  const label = styleText(COLOURS[status], status, { stream: process.stdout });
  const line = `${label}  ${id.padEnd(width)}  ${`${seconds.toFixed(1)} s`.padStart(7)}  ${reason}`;
  if (status === "pass" || status === "skip") return line;
  const details = status === "note" ? shownEvidence(row) : failureLines(row);
  return [line, ...details].join(`\n${" ".repeat(width + MARGIN)}`);
}

const shownEvidence = ({ evidence }: RuleRow) => (evidence === undefined ? [] : [`got: ${evidence}`]);

function failureLines(row: RuleRow): readonly string[] {
  const { asks, clients, sends, source } = row;
  return [
    `has to hold: ${asks}`,
    `for: ${clients.length === 0 ? "any client" : clients.join(", ")}`,
    `sent: ${sends}`,
    ...shownEvidence(row),
    `known from: ${source}`,
  ];
}

/** How each client fares. */
export function clientTable(rows: readonly RuleRow[]): string {
  const columns = [
    { title: "client" },
    ...(["pass", "fail", "note", "skip"] as const).map((title) => ({ title, align: "right" as const })),
    { title: "breaks on", most: 60 },
  ];
  return formatTable(columns, clientRows(rows));
}

function clientRows(rows: readonly RuleRow[]): string[][] {
  return CLIENT_FAMILIES.flatMap((client) => {
    const own = rows.filter(({ clients }) => clients.includes(client));
    const count = (wanted: RuleStatus) => String(own.filter(({ status }) => status === wanted).length);
    const broken = own.filter(({ status }) => status === "fail").map(({ id }) => id);
    return own.length === 0
      ? []
      : [[client, count("pass"), count("fail"), count("note"), count("skip"), broken.join(", ")]];
  });
}

export function summaryLine(rows: readonly RuleRow[], seconds: number): string {
  const of = (wanted: RuleStatus) => rows.filter(({ status }) => status === wanted).length;
  const counts = `${of("pass")} kept, ${of("fail")} broken, ${of("note")} to know, ${of("skip")} not asked`;
  return `${rows.length} rules in ${formatSeconds(seconds)}: ${counts}.`;
}

export function ruleList(rules: readonly WireRule[]): string {
  const width = Math.max(...rules.map(({ id }) => id.length));
  return rules
    .map(({ id, asks, clients, source }) => {
      const who = clients.length === CLIENT_FAMILIES.length ? "all clients" : clients.join(", ");
      const margin = `\n${" ".repeat(width + 2)}`;
      return `${id.padEnd(width)}  ${asks}${margin}${who || "no client"} · ${source}`;
    })
    .join("\n");
}

/** One table of all rules, with what was sent and where each is known from. */
export function markdownReport(session: ConformanceSession, rows: readonly RuleRow[]): string {
  const head = ["rule", "result", "clients", "what has to hold", "sent", "what came", "known from"];
  const body = rows.map(({ id, status, clients, asks, sends, reason, evidence, source }) => [
    `\`${id}\``,
    status === "fail" ? "**fail**" : status,
    clients.length === CLIENT_FAMILIES.length ? "all" : clients.join(", "),
    asks,
    sends,
    evidence === undefined ? reason : `${reason}: ${evidence}`,
    source,
  ]);
  const clients = ["client", "pass", "fail", "note", "skip", "breaks on"];
  return [
    `# Conformance of ${cell(session.target.base)}`,
    `Model: ${cell(session.model)}. ${summaryLine(
      rows,
      rows.reduce((sum, row) => sum + row.seconds, 0),
    )}`,
    table(clients, clientRows(rows)),
    table(head, body),
  ].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** A server's words must not become a table's border, a link, an image or a tag. */
function cell(text: string): string {
  return text.replace(/[|<>[\]!&]/g, (character) => `&#${character.charCodeAt(0)};`);
}
