/** What convert and quantise have in common: reading --type and --output, showing the work, telling the result. */

import { statSync } from "node:fs";
import { AppError } from "../../errors.ts";
import type { QuantType } from "../../llama/index.ts";
import { formatSeconds } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { gib } from "../units.ts";
import { checkWritable } from "../write-output.ts";

export interface MakeFileOptions extends SharedOptions {
  output: string;
  type?: string;
}

/** What is told about a file that was made. */
export interface MadeFile {
  readonly kind: "convert" | "quantise";
  /** Folder or file that it was made of. */
  readonly source: Readonly<Record<string, string>>;
  readonly path: string;
  readonly type: QuantType;
  readonly sizeBytes: number;
  readonly warnings: readonly string[];
}

/** @throws AppError USAGE where no file can be written */
export function checkOutput(output: string): void {
  checkWritable(output);
  if (statSync(output, { throwIfNoEntry: false })?.isDirectory())
    throw new AppError("USAGE", `${output} is a folder.`, { hint: "Give --output the name of a file." });
}

/** Names of llama.cpp, and those of --quant-type. @throws AppError USAGE with the nearest name */
export async function readType(name: string): Promise<QuantType> {
  const { parseQuantType, QUANT_CHOICES } = await import("../../models/index.ts");
  const choices: Readonly<Record<string, QuantType | undefined>> = QUANT_CHOICES;
  return choices[name.toLowerCase()] ?? parseQuantType(name);
}

/**
 * A sink for (stage, done, total) that shows each stage in its unit.
 * @param units of each stage: the divisor makes large counts readable
 */
export function showStages<S extends string>(
  { terminal }: CliContext,
  units: Readonly<Record<S, { unit: string; divisor: number }>>,
): { onProgress: (stage: S, done: number, total: number) => void; end: () => void } {
  let running: { stage: S; done: number; startedAt: number } | undefined;
  const end = () => {
    if (!running) return;
    const { stage, done, startedAt } = running;
    const seconds = (performance.now() - startedAt) / 1_000;
    terminal.onEvent({ type: "stage-end", stage, done, seconds });
    running = undefined;
  };
  return {
    end,
    onProgress(stage, counted, of) {
      const { unit, divisor } = units[stage];
      const [done, total] = [Math.floor(counted / divisor), Math.ceil(of / divisor)];
      if (running?.stage !== stage) {
        end();
        terminal.onEvent({ type: "stage-start", stage, total, unit, done: 0 });
        running = { stage, done, startedAt: performance.now() };
      }
      running.done = done;
      terminal.onEvent({ type: "stage-progress", stage, done, total });
    },
  };
}

/** Says, when somebody stops it, that llama.cpp's quantiser goes on to its end and how not to wait for that. */
export function explainStop({ signal, terminal }: CliContext, isQuantising: () => boolean): void {
  signal.addEventListener("abort", () => {
    if (isQuantising())
      terminal.note("llama.cpp cannot stop quantising midway; Ctrl-C again ends at once and leaves no file.");
  });
}

/** Prints a made file, as one document or in two lines, with the template that its chats will get. */
export async function tellFile(context: CliContext, file: MadeFile, seconds: number): Promise<void> {
  const { describeModel, readGguf } = await import("../../models/index.ts");
  const { name: template, reason } = describeModel(await readGguf(file.path)).template;
  const { kind, source, path, type, sizeBytes, warnings } = file;
  if (context.json) {
    const head = { schema: 1, kind, source, path, type, bytes: sizeBytes };
    context.terminal.print(
      JSON.stringify({
        ...head,
        seconds: Number(seconds.toFixed(3)),
        template: { name: template, reason },
        warnings,
      }),
    );
    return;
  }
  for (const warning of warnings) context.logger.warn(warning);
  context.terminal.print(
    `${visibleToken(path)}: ${type}, ${gib(sizeBytes)}, in ${formatSeconds(seconds)}\n` +
      `Chat template: ${template}. ${reason}`,
  );
}
