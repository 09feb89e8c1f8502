/** One run of a suite: open the model, run the checks, print each row as it is known. */

import { styleText } from "node:util";
import type { LanguageModel } from "../../engine/index.ts";
import { ERROR_CODES } from "../../errors.ts";
import {
  type CheckRow,
  createSession,
  findingOf,
  type IntegrationCheck,
  type IntegrationSession,
  runChecks,
  type SuiteName,
  selectChecks,
  startMemoryMeter,
} from "../../measure/index.ts";
import type { Gguf } from "../../models/index.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel, type ModelChoice, withModel } from "../with-model.ts";
import { askServer } from "./ask-server.ts";
import type { SuiteOptions } from "./flags.ts";
import { knownVerdicts, predictionOf, readIndicatorsOf } from "./known-facts.ts";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

export async function runSuite(
  context: CliContext,
  suite: SuiteName,
  options: SuiteOptions & SharedOptions,
  argument?: string,
): Promise<number> {
  const checks = selectChecks(options.only);
  if (options.list) return listChecks(context, suite, checks);
  const { json, terminal } = context;
  const choice: ModelChoice = { argument, options };
  // A model that is not there is an error of the command line, not a finding; a folder is converted here too.
  const { name, path } = await findModel(context, choice);
  const width = Math.max(...checks.map(({ id }) => id.length));
  const rows: CheckRow[] = [];
  const show = (row: CheckRow) => {
    rows.push(row);
    if (!json) terminal.print(formatRow(row, width));
  };
  const started = performance.now();
  const memory = startMemoryMeter();
  let session: IntegrationSession | undefined;
  try {
    await withModel(context, choice, async (model, gguf) => {
      session = openSession(context, suite, {
        options,
        model,
        gguf,
        memory,
        loadSeconds: (performance.now() - started) / 1_000,
      });
      if (!json) terminal.print(head(session));
      for await (const row of runChecks(session, checks)) show(row);
    });
  } catch (error) {
    // A model that does not open is the first finding, and the last.
    if (session !== undefined) throw error;
    if (!json) terminal.print(`${suite} ${name}: ${path}`);
    show({ id: "load", ...findingOf(error), seconds: (performance.now() - started) / 1_000 });
  }
  const ok = rows.every(({ status }) => status !== "fail");
  if (json) terminal.print(JSON.stringify(document({ suite, name, path, session, ok, rows })));
  else terminal.print(`\n${summary(rows, (performance.now() - started) / 1_000)}`);
  return ok ? 0 : ERROR_CODES.MODEL_INVALID.exit;
}

interface OpenModel extends Pick<IntegrationSession, "model" | "memory" | "loadSeconds"> {
  readonly model: LanguageModel;
  readonly gguf: Gguf;
  readonly options: SuiteOptions;
}

function openSession(
  context: CliContext,
  suite: SuiteName,
  { gguf, options, ...open }: OpenModel,
): IntegrationSession {
  const { config, signal } = context;
  return createSession({
    ...open,
    suite,
    seed: config.seed,
    signal,
    predictMemory: () => predictionOf(context, open.model, gguf),
    knownVerdicts: () => knownVerdicts(context, open.model.info),
    readIndicators: readIndicatorsOf(context, gguf),
    askServer: () => askServer(context, options, { info: open.model.info, path: gguf.path }),
  });
}

function listChecks(
  { json, terminal }: CliContext,
  suite: SuiteName,
  checks: readonly IntegrationCheck[],
): number {
  if (json) {
    const list = checks.map(({ id, asks }) => ({ id, asks }));
    terminal.print(JSON.stringify({ schema: 1, kind: `${suite}-list`, checks: list }));
  } else {
    const width = Math.max(...checks.map(({ id }) => id.length));
    for (const { id, asks } of checks) terminal.print(`${id.padEnd(width)}  ${asks}`);
  }
  return 0;
}

function head({ suite, model, seed, firstSeed }: IntegrationSession): string {
  const { name, quantisation, fingerprint } = model.info;
  const derived = seed === firstSeed ? "" : `, derived from ${firstSeed}`;
  return `${suite} ${name} ${quantisation} (${fingerprint.slice(0, 12)}), seed ${seed}${derived}`;
}

function formatRow({ id, status, message, hint, seconds }: CheckRow, width: number): string {
  const label = styleText(COLOURS[status], status.padEnd(4), { stream: process.stdout });
  const row = `${label}  ${id.padEnd(width)}  ${`${seconds.toFixed(1)} s`.padStart(7)}  ${message}`;
  return hint === undefined ? row : `${row}\n${" ".repeat(width + 17)}${hint}`;
}

function summary(rows: readonly CheckRow[], seconds: number): string {
  const of = (wanted: CheckRow["status"]) => rows.filter(({ status }) => status === wanted).length;
  return `${rows.length} checks in ${seconds.toFixed(1)} s: ${of("ok")} ok, ${of("warn")} to look at, ${of("fail")} failed.`;
}

function document({
  suite,
  name,
  path,
  session,
  ok,
  rows,
}: {
  suite: SuiteName;
  name: string;
  path: string;
  session: IntegrationSession | undefined;
  ok: boolean;
  rows: readonly CheckRow[];
}): object {
  const { fingerprint = null, quantisation = null } = session?.model.info ?? {};
  const seeds = session && { seed: session.seed, firstSeed: session.firstSeed };
  return {
    schema: 1,
    kind: suite,
    ok,
    model: { name, path, fingerprint, quantisation },
    ...seeds,
    checks: rows,
  };
}
