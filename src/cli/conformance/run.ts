/** One check of a server: each row as it is known, then who can use it. */

import {
  type ConformanceSession,
  openSession,
  type RuleRow,
  readTarget,
  runRules,
  selectRules,
  type WireRule,
} from "../../conformance/index.ts";
import { AppError, ERROR_CODES } from "../../errors.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { readApiKeys } from "../serve/api-keys.ts";
import { clientTable, formatRow, headLine, markdownReport, ruleList, summaryLine } from "./forms.ts";

export type ConformanceOptions = SharedOptions & {
  apiKeyFile?: string;
  only?: string[];
  list?: true;
  timeout: number;
  report?: "md";
};

export async function runConformance(
  context: CliContext,
  options: ConformanceOptions,
  url?: string,
): Promise<number> {
  const { json, terminal } = context;
  const { only, list, report } = options;
  if (json && report) throw new AppError("USAGE", "Give --json or --report md, not both.");
  const rules = selectRules(only);
  if (list) return listRules(context, rules);
  const session = await openSession(sessionOptions(context, options, url));
  const live = !json && report === undefined;
  const width = Math.max(...rules.map(({ id }) => id.length));
  if (live) terminal.print(headLine(session));
  const rows: RuleRow[] = [];
  const started = performance.now();
  const progress = stage(context, rules.length);
  for await (const row of runRules(session, rules)) {
    rows.push(row);
    progress(rows);
    if (live) terminal.print(formatRow(row, width));
  }
  const seconds = (performance.now() - started) / 1_000;
  const failed = rows.filter(({ status }) => status === "fail").length;
  if (json) terminal.print(JSON.stringify(document(session, rows)));
  else if (report) terminal.print(markdownReport(session, rows));
  else terminal.print(`\n${clientTable(rows)}\n\n${summaryLine(rows, seconds)}`);
  return failed === 0 ? 0 : ERROR_CODES.FINDINGS.exit;
}

function sessionOptions(
  { signal, logger }: CliContext,
  { model, apiKeyFile, timeout }: ConformanceOptions,
  url: string | undefined,
) {
  if (url === undefined)
    throw new AppError("USAGE", "Name the server to check.", {
      hint: "`assay conformance http://127.0.0.1:8080/v1`; `assay serve` starts one.",
    });
  const target = readTarget(url);
  // Not from the environment: that key is our own server's, and this may be anybody's.
  const onWarning = (message: string) => logger.warn(message);
  const key = apiKeyFile && readApiKeys({ file: apiKeyFile, environment: undefined, onWarning })[0];
  return { target, key, model, signal, timeoutMs: 1_000 * timeout };
}

/** Tells the bar how far it is, and how many rules fail. */
function stage({ terminal }: CliContext, total: number): (rows: readonly RuleRow[]) => void {
  const name = "conformance";
  const started = performance.now();
  terminal.onEvent({ type: "stage-start", stage: name, total, unit: "rules", done: 0 });
  return (rows) => {
    const done = rows.length;
    const found = rows.filter(({ status }) => status === "fail").length;
    terminal.onEvent({ type: "stage-progress", stage: name, done, total, found });
    const seconds = (performance.now() - started) / 1_000;
    if (done === total) terminal.onEvent({ type: "stage-end", stage: name, done, seconds });
  };
}

function listRules({ json, terminal }: CliContext, rules: readonly WireRule[]): number {
  if (json) {
    const list = rules.map(({ check: _, ...facts }) => facts);
    terminal.print(JSON.stringify({ schema: 1, kind: "conformance-list", rules: list }));
  } else terminal.print(ruleList(rules));
  return 0;
}

function document({ target, model }: ConformanceSession, rows: readonly RuleRow[]): object {
  const count = (wanted: RuleRow["status"]) => rows.filter(({ status }) => status === wanted).length;
  const counts = { pass: count("pass"), fail: count("fail"), note: count("note"), skip: count("skip") };
  return {
    schema: 1,
    kind: "conformance",
    ok: counts.fail === 0,
    server: target.base,
    model,
    counts,
    rules: rows,
  };
}
