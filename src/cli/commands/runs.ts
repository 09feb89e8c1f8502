/** `assay runs …`: what the store holds. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { AppError } from "../../errors.ts";
import { RUN_STATUSES, type RunStatus } from "../../events.ts";
import { formatSeconds } from "../../report/index.ts";
import type { RunRecord } from "../../store/index.ts";
import { action, type CliContext, type ReportStatus } from "../context.ts";
import type { MineOutputs } from "../mine/run.ts";
import { wholeNumber } from "../options.ts";
import { formatTable } from "../table.ts";
import { withStore } from "../with-store.ts";
import { writeOutput } from "../write-output.ts";
import { addMineOutputs } from "./mine.ts";

const ID = "name of a run, the beginning of one, or `last`";

export function addRuns(program: Command, report: ReportStatus): void {
  const runs = program.command("runs").description("List, show, continue, remove and carry runs");
  runs
    .command("list")
    .description("Runs of the store, the newest first")
    .option("--kind <kind>", "only runs of this kind, such as mine")
    .option("--status <status>", `only runs that are ${RUN_STATUSES.join(", ")}`)
    .option("--limit <n>", "at most so many", wholeNumber(1), 50)
    .action(action(report, listRuns));
  runs
    .command("show")
    .description("Settings, progress and outcome of a run")
    .argument("<run>", ID)
    .action(action(report, showRun));
  const resume = runs
    .command("resume")
    .description("Go on with a run, with the model and settings that it began with")
    .argument("<run>", ID);
  addMineOutputs(resume).action(action(report, resumeRun));
  runs
    .command("rm")
    .description("Remove runs and everything stored of them")
    .argument("<runs...>", ID)
    .action(action(report, removeRuns));
  runs
    .command("export")
    .description("Write a run as one JSON document, to stdout or a file")
    .argument("<run>", ID)
    .option("--output <file>", "write to this file")
    .action(action(report, exportRun));
  runs
    .command("import")
    .description("Take a run from a document of `runs export`")
    .argument("<file>", "the document")
    .action(action(report, importRun));
}

interface ListOptions {
  kind?: string;
  status?: string;
  limit: number;
}

async function listRuns(context: CliContext, { kind, status, limit }: ListOptions): Promise<undefined> {
  if (status !== undefined && !RUN_STATUSES.includes(status as RunStatus)) {
    throw new AppError("USAGE", `No run has the status "${status}".`, {
      hint: `Known are ${RUN_STATUSES.join(", ")}.`,
    });
  }
  const { json, terminal } = context;
  await withStore(context, async (store) => {
    const filter = { limit, ...(kind && { kind }), ...(status && { status: status as RunStatus }) };
    const runs = await store.listRuns(filter);
    if (json) return terminal.print(JSON.stringify({ schema: 1, kind: "runs", runs }));
    if (runs.length === 0) return terminal.note("No runs. Begin one with: npx assay mine");
    terminal.print(formatTable(LIST_COLUMNS, runs.map(listRow)));
  });
}

const LIST_COLUMNS = [
  { title: "run" },
  { title: "status" },
  { title: "model" },
  { title: "pages", align: "right" },
  { title: "work", align: "right" },
  { title: "outcome", most: 60 },
] as const;

function listRow(run: RunRecord): string[] {
  const outcome = Object.entries(run.summary)
    .filter(([, value]) => typeof value !== "object")
    .map(([name, value]) => `${name} ${value}`);
  return [
    run.id,
    run.status,
    run.model.name,
    String(run.pages),
    formatSeconds(run.seconds),
    outcome.join(", "),
  ];
}

async function showRun(context: CliContext, _options: object, id = ""): Promise<undefined> {
  const { json, terminal } = context;
  await withStore(context, async (store) => {
    const run = await store.findRun(id);
    if (json) {
      const document = await store.document(run.id);
      return terminal.print(JSON.stringify({ schema: 1, kind: "run", run, document: document ?? null }));
    }
    const { name, path, quantisation, fingerprint } = run.model;
    const flat: [string, unknown][] = [
      ["run", run.id],
      ["status", run.status],
      ["model", `${name} ${quantisation}, ${path}`],
      ["fingerprint", fingerprint],
      ["began", run.createdAt],
      ["last page", run.updatedAt],
      ["pages", run.pages],
      ["work", formatSeconds(run.seconds)],
      ["version", run.version],
      ...Object.entries(run.settings).map(([key, value]): [string, unknown] => [`settings.${key}`, value]),
      ...Object.entries(run.summary).map(([key, value]): [string, unknown] => [`outcome.${key}`, value]),
    ];
    const rows = flat.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    terminal.print(formatTable([{ title: "of" }, { title: "is", most: 120 }], rows));
    if (canGoOn(run)) terminal.note(`Go on with: npx assay runs resume ${run.id}`);
  });
}

/** Whether a run has work left that nobody does. */
function canGoOn({ status }: RunRecord): boolean {
  return status === "paused" || status === "interrupted" || status === "failed";
}

async function resumeRun(context: CliContext, outputs: MineOutputs, id = ""): Promise<number> {
  const run = await withStore(context, (store) => store.findRun(id));
  if (run.kind !== "mine") {
    throw new AppError("UNSUPPORTED", `Runs of the kind "${run.kind}" cannot go on.`);
  }
  const { resumeMine } = await import("../mine/run.ts");
  return resumeMine(context, run, outputs);
}

async function removeRuns(context: CliContext, _options: object, ...ids: unknown[]): Promise<undefined> {
  const { json, terminal } = context;
  const removed: string[] = [];
  await withStore(context, async (store) => {
    for (const id of ids.flat() as string[]) {
      const run = await store.findRun(id);
      await store.removeRun(run.id);
      removed.push(run.id);
      if (!json) terminal.note(`Removed ${run.id}.`);
    }
  });
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "runs-removed", removed }));
}

async function exportRun(context: CliContext, options: { output?: string }, id = ""): Promise<undefined> {
  await withStore(context, async (store) => {
    const text = JSON.stringify(await store.exportRun(id));
    if (options.output === undefined) return context.terminal.print(text);
    writeOutput(options.output, `${text}\n`);
  });
}

async function importRun(context: CliContext, _options: object, file = ""): Promise<undefined> {
  const { json, terminal } = context;
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The document ${file} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
  await withStore(context, async (store) => {
    const run = await store.importRun(document);
    if (json) return terminal.print(JSON.stringify({ schema: 1, kind: "run-imported", run: run.id }));
    terminal.note(`Took in ${run.id}.`);
  });
}
