/** `assay bench recall`: whether the interval of a budgeted mine holds, by replay over each model's census. */

import { AppError } from "../../errors.ts";
import { classifyVocabulary, ORDER_METHODS, readIndicators } from "../../glitch/index.ts";
import { loadLibrary } from "../../llama/index.ts";
import { measureCoverage, type RecallCoverage, readCensus } from "../../measure/index.ts";
import { formatCount, formatShare } from "../../report/index.ts";
import type { RecallBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { withModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { fullCensus } from "./census.ts";
import { modelLabels } from "./plan.ts";

interface ModelCoverage extends RecallCoverage {
  readonly model: { name: string; path: string; fingerprint: string };
  readonly census: string;
}

/** Runs the trials on each model; tells the exit status. */
export async function runRecallBench(
  context: CliContext,
  { method: id, trials, ...options }: RecallBenchOptions & SharedOptions,
  models: readonly string[],
): Promise<number> {
  const method = ORDER_METHODS.find((one) => one.id === id);
  if (!method)
    throw new AppError("USAGE", `There is no method "${id}".`, {
      hint: `Choose from ${ORDER_METHODS.map((one) => one.id).join(", ")}.`,
    });
  const { config, terminal, signal, unsafeLib } = context;
  const found: ModelCoverage[] = [];
  await withStore(context, async (store) => {
    for (const argument of models.length > 0 ? models : [undefined])
      await withModel(context, { argument, options, bulk: true }, async (model, gguf) => {
        const { name, path = name, fingerprint } = model.info;
        const { candidates, knownUnused } = await classifyVocabulary(model, signal);
        const parts = { store, model, gguf, candidates: candidates.length, wanted: undefined };
        const run = await fullCensus(context, parts);
        const census = await readCensus(store, run, { fingerprint, candidates });
        const indicators = await readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, {
          unused: knownUnused,
          seed: config.seed,
          sketch: true,
          signal,
        });
        const started = performance.now();
        const stage = "trials";
        terminal.onEvent({ type: "stage-start", stage, total: trials, unit: "searches", done: 0 });
        const onTrial = (done: number) =>
          terminal.onEvent({ type: "stage-progress", stage, done, total: trials });
        const coverage = await measureCoverage({
          candidates,
          census,
          indicators,
          method,
          trials,
          seed: config.seed,
          onTrial,
          signal,
        });
        const seconds = (performance.now() - started) / 1000;
        terminal.onEvent({ type: "stage-end", stage, done: trials, seconds });
        found.push({ model: { name, path, fingerprint }, census: run.id, ...coverage });
      });
  });
  if (context.json)
    terminal.print(JSON.stringify({ schema: 1, kind: "bench", name: "recall", results: found }));
  else terminal.print(describe(found));
  return 0;
}

function describe(found: readonly ModelCoverage[]): string {
  const labels = modelLabels(found.map(({ model }) => model));
  const titles = ["glitch tokens", "trials", "covered", "wholly under", "width, median", "middle 80 %"];
  return formatTable(
    [{ title: "model" }, ...titles.map((title) => ({ title, align: "right" as const }))],
    found.map(({ glitches, trials, coverage, under, width }, index) => [
      labels[index]!,
      formatCount(glitches),
      formatCount(trials),
      formatShare(coverage),
      formatShare(under),
      formatShare(width.median),
      `${formatShare(width.low)} to ${formatShare(width.high)}`,
    ]),
  );
}
