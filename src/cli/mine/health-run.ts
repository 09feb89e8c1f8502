/** `assay mine --health`: how well a model has learnt the tokens of a list of words. No mine is started. */

import { closeSync, openSync, readSync } from "node:fs";
import { AppError } from "../../errors.ts";
import type { HealthResult, ListedWord, MineResult } from "../../glitch/index.ts";
import type { QuantChoice } from "../../models/index.ts";
import { healthSummary, healthTable, renderHealthHtml } from "../../report/index.ts";
import type { Store } from "../../store/index.ts";
import { commandLine } from "../command-line.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { withModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { checkWritable, writeOutput } from "../write-output.ts";
import { VERSIONS } from "./run.ts";

export interface HealthStart {
  readonly argument?: string | undefined;
  /** The command's flags; those that belong to a mine are refused. */
  readonly options: SharedOptions & { report?: string };
  readonly quantType?: QuantChoice | undefined;
  /** Text file with one word or phrase a line. */
  readonly file: string;
}

/** Flags that are about a mine, and what is found beside it. */
const OF_A_MINE = [
  ...["all", "budget", "resume", "templates", "numAttempts", "asrThreshold", "validationTokens"],
  ...["enhancedValidation", "disableEnhancedValidation", "output", "everyToken", "truth", "failOn", "known"],
  ...["numIterations", "batchSize", "k", "mode", "device", "saveInterval", "progressFile", "reasoningLevel"],
  ...["rangeStart", "rangeEnd", "sampleRate", "maxTokensPerRange", "stratifiedSampleSize", "stratifiedSeed"],
  ...["categoryGroup", "categorySampleSize"],
];

/**
 * Measures, writes and prints.
 * @throws AppError USAGE for a flag of a mine, DATA_UNAVAILABLE for a list that is none, errors of model and store
 */
export async function runHealth(context: CliContext, start: HealthStart): Promise<number> {
  const { options, file } = start;
  refuseMineFlags(options);
  checkWritable(options.report);
  const words = await readWords(file);
  const [{ measureWordHealth, readIndicators }, { loadLibrary }] = await Promise.all([
    import("../../glitch/index.ts"),
    import("../../llama/index.ts"),
  ]);
  const { config, unsafeLib, signal, terminal, json } = context;
  const result = await withStore(context, (store) =>
    withModel(context, { ...start, bulk: true }, async (model, gguf) =>
      measureWordHealth({
        model,
        words,
        seed: config.seed,
        mine: await ownMine(store, model.info.fingerprint),
        readIndicators: (wanted) => readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, wanted),
        signal,
        onEvent: terminal.onEvent,
      }),
    ),
  );
  if (options.report !== undefined)
    writeOutput(options.report, renderHealthHtml(result, { command: commandLine(), versions: VERSIONS }));
  if (json) terminal.print(JSON.stringify(result));
  else printHealth(context, result);
  if (options.report !== undefined) terminal.note(`Written: ${options.report}`);
  return 0;
}

function refuseMineFlags(options: object): void {
  const given = OF_A_MINE.find((key) => (options as Record<string, unknown>)[key] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new AppError("USAGE", `--health starts no mine, so --${flag} has no meaning.`, {
    hint: "Mine first and ask for the health afterwards: it shows the verdicts of the fullest mine.",
  });
}

/** Reads the list before the model is loaded: a wrong file is told at once. */
async function readWords(file: string): Promise<ListedWord[]> {
  const { readWordList, WORD_LIST_BYTES } = await import("../../glitch/index.ts");
  // One byte more than allowed tells that there is more; a device or a pipe may never end.
  const bytes = Buffer.alloc(WORD_LIST_BYTES + 1);
  let length = 0;
  try {
    const handle = openSync(file, "r");
    try {
      for (let read = 1; read > 0 && length < bytes.length; length += read)
        read = readSync(handle, bytes, length, bytes.length - length, null);
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The file ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return readWordList(bytes.subarray(0, length), file);
}

async function ownMine(store: Store, fingerprint: string): Promise<MineResult | undefined> {
  const { fullestMine } = await import("../../glitch/index.ts");
  const run = await fullestMine(store, fingerprint);
  return run && ((await store.document(run.id)) as MineResult | undefined);
}

function printHealth({ terminal }: CliContext, result: HealthResult): void {
  const { columns, rows, left } = healthTable(result);
  terminal.print(healthSummary(result).join("\n"));
  terminal.print(`\n${formatTable([...columns.slice(0, -1), { title: "tokens", most: 100 }], rows)}`);
  if (left > 0) terminal.print(`… and ${left} better ones: add --json or --report FILE`);
}
