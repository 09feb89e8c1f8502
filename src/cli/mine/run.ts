/** Mining from the command line: begin or go on with a run, then print and write what was asked for. */

import { existsSync } from "node:fs";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { MineResult, MineSettings, TruthScore } from "../../glitch/index.ts";
import { PINNED_VERSION } from "../../llama/index.ts";
import type { Gguf, QuantChoice } from "../../models/index.ts";
import { mineDocument, mineSummary, mineTable, renderMineHtml, templateTable } from "../../report/index.ts";
import type { RunRecord, RunWriter, Store } from "../../store/index.ts";
import { commandLine } from "../command-line.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { placementOf } from "../placement.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { VERSION } from "../version.ts";
import { withModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { checkWritable, writeOutput } from "../write-output.ts";
import { checkFailOn, type FailOnOptions, failOnStatus } from "./fail-on.ts";
import type { PresetName } from "./presets.ts";

/** Where results go, beside the store. */
export interface MineOutputs extends FailOnOptions {
  output?: string;
  report?: string;
  everyToken?: true;
  /** Truth file to score against; the bundled models have theirs beside them. */
  truth?: string;
}

export interface MineStart {
  readonly argument?: string | undefined;
  readonly options: SharedOptions & MineOutputs;
  readonly quantType?: QuantChoice | undefined;
  readonly settings: MineSettings;
  /** Its name is kept beside the settings that it led to. */
  readonly preset?: PresetName | undefined;
  /** Go on with the last unfinished mine of this model. */
  readonly resume: boolean;
}

/**
 * Logits depend in their last bits on how tokens share a batch and on where they are computed, and more than that on
 * the cache's numbers, so these belong to a run's settings. Threads do not: probes are the same to the bit with any
 * number of them. The last three are absent where they are the default, as in runs of versions that did not have them.
 */
type EngineSettings = Pick<CliContext["config"], "gpu" | "context" | "batch"> & Partial<typeof DEFAULTS>;
const DEFAULTS: Pick<CliContext["config"], "kvType" | "gpuLayers" | "experts"> = {
  kvType: "f16",
  gpuLayers: "auto",
  experts: "auto",
};

function engineSettings({ config }: CliContext): EngineSettings {
  const { gpu, context, kvType, gpuLayers, experts } = config;
  return {
    gpu,
    context,
    batch: placementOf(config).batchSize,
    ...(kvType !== DEFAULTS.kvType && { kvType }),
    ...(gpuLayers !== DEFAULTS.gpuLayers && { gpuLayers }),
    ...(experts !== DEFAULTS.experts && { experts }),
  };
}

/** Begins a mine, or goes on with the last unfinished one; tells the exit status. */
export async function startMine(context: CliContext, start: MineStart): Promise<number> {
  const { options, settings, preset, resume } = start;
  checkWritable(options.output, options.report);
  await checkFailOn(options);
  const stored = { ...settings, engine: engineSettings(context), ...(preset && { preset }) };
  return withStore(context, (store) =>
    withModel(context, { ...start, bulk: true }, async (model, gguf) => {
      const { name, path = name, fingerprint, quantisation } = model.info;
      const id = resume ? await lastUnfinished(store, fingerprint) : undefined;
      if (resume && id === undefined)
        context.terminal.note("No unfinished mine of this model; beginning one.");
      const writer =
        id === undefined
          ? await store.createRun({
              kind: "mine",
              model: { name, path, fingerprint, quantisation },
              settings: stored,
            })
          : await store.resumeRun(id, { fingerprint, settings: stored });
      return mineWith(context, { store, model, gguf, writer, settings }, options);
    }),
  );
}

/** Goes on with a stored mine, with its model and settings; tells the exit status. */
export async function resumeMine(context: CliContext, run: RunRecord, outputs: MineOutputs): Promise<number> {
  checkWritable(outputs.output, outputs.report);
  await checkFailOn(outputs);
  if (run.status === "done" || run.status === "partial") {
    return withStore(context, async (store) => {
      context.terminal.note(`The run ${run.id} is complete; this is its result.`);
      const result = (await store.document(run.id)) as MineResult;
      return tellResult(context, result, outputs);
    });
  }
  const {
    engine,
    preset: _,
    ...settings
  } = run.settings as MineSettings & {
    engine: EngineSettings;
    preset?: PresetName;
  };
  const config = { ...context.config, ...DEFAULTS, ...engine };
  return withStore(context, (store) =>
    withModel(
      { ...context, config },
      { argument: run.model.path, options: {}, bulk: true },
      async (model, gguf) => {
        const writer = await store.resumeRun(run.id, { fingerprint: model.info.fingerprint });
        return mineWith(context, { store, model, gguf, writer, settings }, outputs);
      },
    ),
  );
}

interface MineParts {
  readonly store: Store;
  readonly model: LanguageModel;
  readonly gguf: Gguf;
  readonly writer: RunWriter;
  readonly settings: MineSettings;
}

async function mineWith(context: CliContext, parts: MineParts, outputs: MineOutputs): Promise<number> {
  const { store, model, gguf, writer, settings } = parts;
  const [{ mine, readIndicators }, { loadLibrary }] = await Promise.all([
    import("../../glitch/index.ts"),
    import("../../llama/index.ts"),
  ]);
  const { config, unsafeLib, signal, terminal } = context;
  try {
    const result = await mine({
      model,
      settings,
      writer,
      stored: await store.rows(writer.run.id),
      readIndicators: (options) => readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, options),
      signal,
      onEvent: terminal.onEvent,
      everyToken: outputs.everyToken === true,
    });
    const { id } = writer.run;
    if (result.status === "interrupted" || result.status === "paused") {
      throw new AppError(
        "CANCELLED",
        `The mine is ${result.status}; ${result.counts.tested} tested tokens are saved.`,
        {
          hint: `Go on with: npx assay runs resume ${id}`,
          details: { run: id },
        },
      );
    }
    return await tellResult(context, result, outputs);
  } finally {
    await writer.close();
  }
}

/** Writes and prints a result; a run that left tokens out because they failed is not wholly done. */
async function tellResult(context: CliContext, result: MineResult, outputs: MineOutputs): Promise<number> {
  const truth = await scoreOf(result, outputs);
  await writeOutputs(result, outputs, truth);
  printResult(context, result, outputs, truth);
  const findings = await failOnStatus(context.terminal, result, outputs);
  return findings ?? (result.status === "done" ? 0 : 1);
}

/** How the result compares with the known truth, where there is one. */
async function scoreOf(result: MineResult, { truth }: MineOutputs): Promise<TruthScore | undefined> {
  const beside = result.model.path.replace(/\.gguf$/, ".truth.json");
  const path = truth ?? (existsSync(beside) ? beside : undefined);
  if (path === undefined) return undefined;
  const { readTruth, scoreAgainstTruth } = await import("../../glitch/index.ts");
  return scoreAgainstTruth(result.tokens, await readTruth(path));
}

async function writeOutputs(
  result: MineResult,
  { output, report }: MineOutputs,
  truth: TruthScore | undefined,
): Promise<void> {
  if (output !== undefined) {
    const { toGlitcherMine } = await import("../../glitch/index.ts");
    writeOutput(output, `${JSON.stringify(toGlitcherMine(result), null, 2)}\n`);
  }
  if (report !== undefined)
    writeOutput(
      report,
      renderMineHtml(result, { command: commandLine(), versions: VERSIONS, ...(truth && { truth }) }),
    );
}

function printResult(
  { json, terminal }: CliContext,
  result: MineResult,
  outputs: MineOutputs,
  truth: TruthScore | undefined,
): void {
  if (json)
    terminal.print(
      JSON.stringify({
        ...mineDocument(result, { everyToken: outputs.everyToken === true }),
        ...(truth && { truth }),
      }),
    );
  else printTables(terminal, result, truth);
  for (const file of [outputs.output, outputs.report])
    if (file !== undefined) terminal.note(`Written: ${file}`);
}

function printTables(terminal: Terminal, result: MineResult, truth: TruthScore | undefined): void {
  const templates = templateTable(result);
  const glitches = mineTable(result);
  terminal.print(mineSummary(result, truth).join("\n"));
  terminal.print(`\n${formatTable(templates.columns, templates.rows)}`);
  if (glitches.rows.length > 0) terminal.print(`\n${formatTable(glitches.columns, glitches.rows)}`);
  if (glitches.left > 0) {
    terminal.print(`… and ${glitches.left} more: npx assay runs resume ${result.run} --json`);
  }
}

export const VERSIONS = { assay: VERSION, "llama.cpp": PINNED_VERSION, node: process.versions.node };

async function lastUnfinished(store: Store, fingerprint: string): Promise<string | undefined> {
  const runs = await store.listRuns({ kind: "mine" });
  return runs.find(
    (run) => run.model.fingerprint === fingerprint && run.status !== "done" && run.status !== "partial",
  )?.id;
}
