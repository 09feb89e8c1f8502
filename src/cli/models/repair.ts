/** `assay models repair`: plan, copy, proof, a decode of the result, and what is told of them. */

import { AppError } from "../../errors.ts";
import type { RepairResult } from "../../models/index.ts";
import { formatSeconds } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { decodeInChild } from "../doctor/decode-in-child.ts";
import { gib } from "../units.ts";
import { locateFile } from "./locate-file.ts";
import { checkOutput, showStages } from "./make-file.ts";
import { showRepairPlan } from "./repair-plan.ts";

export type ModelsRepairOptions = SharedOptions & { output?: string; dryRun?: true; load: boolean };

const UNITS = { repair: { unit: "MB", divisor: 1e6 } };
/** A file of 50 GB comes from a slow disk in that time. */
const LOAD_TIMEOUT_MS = 20 * 60_000;

export async function runModelsRepair(
  context: CliContext,
  options: ModelsRepairOptions,
  file?: string,
): Promise<undefined> {
  const { output } = options;
  const { path: input } = await locateFile(context, { argument: file, options });
  if (options.dryRun) return showRepairPlan(context, input, output);
  if (output === undefined)
    throw new AppError("USAGE", "Where the repaired file goes is missing: --output FILE.", {
      hint: "With --dry-run nothing is written.",
    });
  checkOutput(output);
  const { repairModel } = await import("../../models/index.ts");
  const started = performance.now();
  const stages = showStages(context, UNITS);
  let load = options.load ? undefined : "skipped: --no-load";
  let provenAt = started;
  const made = await repairModel({
    input,
    output,
    signal: context.signal,
    onProgress: (done, total) => stages.onProgress("repair", done, total),
    async tryOut(temporary) {
      stages.end();
      provenAt = performance.now();
      load ??= await tryLoad(context, temporary);
    },
  }).finally(stages.end);
  if (!made) return tellNoNeed(context, input);
  tell(context, input, made, load ?? "", (provenAt - started) / 1_000);
  return undefined;
}

/** Loads and decodes where the memory suffices; says what came of it. */
async function tryLoad(context: CliContext, path: string): Promise<string> {
  const { estimateMemory, memoryFacts, readGguf } = await import("../../models/index.ts");
  const needed = estimateMemory(await readGguf(path), { context: 256 }).total;
  const { available } = memoryFacts();
  if (needed > available) return `skipped: it takes ${gib(needed)}, ${gib(available)} of memory are free`;
  const { tokens, seconds } = await decodeInChild(context, path, LOAD_TIMEOUT_MS);
  return `loaded, ${tokens} tokens decoded in ${formatSeconds(seconds)}`;
}

function tellNoNeed({ json, terminal }: CliContext, input: string): undefined {
  const message = "The experts are merged already, or there are none: nothing was written.";
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "repair", input, needed: false, message }));
  else terminal.print(`${visibleToken(input)} needs no repair. ${message}`);
}

function tell(
  { json, terminal, logger }: CliContext,
  input: string,
  { plan, path, sizeBytes, proof }: RepairResult,
  load: string,
  seconds: number,
): void {
  const { layers, experts, changes, warnings } = plan;
  if (json) {
    const head = { schema: 1, kind: "repair", input, needed: true, output: path, bytes: sizeBytes };
    const what = { seconds: Number(seconds.toFixed(3)), layers, experts, changes, warnings, load };
    const hashes = proof.map((it) => ({ name: it.name, sha256: it.sha256, bytes: it.sizeBytes }));
    terminal.print(JSON.stringify({ ...head, ...what, proof: hashes }));
    return;
  }
  for (const warning of warnings) logger.warn(warning);
  const rate = `${(sizeBytes / 1e6 / seconds).toFixed(0)} MB/s`;
  terminal.print(
    [
      `${visibleToken(path)}: ${gib(sizeBytes)} in ${formatSeconds(seconds)}, ${rate}; ${experts} experts in ${layers} layers laid together`,
      ...changes,
      `Proof: the SHA-256 of all ${proof.length} tensors is the same in the new file as in the old one.`,
      `Load: ${load}.`,
    ].join("\n"),
  );
}
