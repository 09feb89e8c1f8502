/** The files of a profile: each precision made once from the best there is, in the cache, and removed afterwards. */

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { AppError, isAppError } from "../../errors.ts";
import { loadLibrary, type QuantType } from "../../llama/index.ts";
import { makeFolder } from "../../make-folder.ts";
import { fingerprint, parseQuantType, quantise, type ResolvedModel, readGguf } from "../../models/index.ts";
import type { CliContext } from "../context.ts";

/** Precisions that others can be made of: rounding a rounded file would measure both roundings. */
const FLOATS = ["F32", "F16", "BF16"];

/** The types of --types, each once. @throws USAGE */
export function chooseTypes(text: string): QuantType[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0)
    throw new AppError("USAGE", "--types names none.", { hint: "Write some, such as Q4_K_M,Q8_0,F16." });
  return [...new Set(names.map(parseQuantType))];
}

/** Which types can be profiled, and a sentence where that is not what was asked for. */
export function possibleTypes(
  quantisation: string,
  wanted: readonly QuantType[],
): { types: readonly string[]; note: string | undefined } {
  if (FLOATS.includes(quantisation)) return { types: wanted, note: undefined };
  return {
    types: [quantisation],
    note:
      `The model is ${quantisation} already and nothing better can be made of it: other precisions of it would show ` +
      "two roundings. It is profiled as it is; give the F16 file or the Hugging Face folder to compare precisions.",
  };
}

/** One precision of the model as a file. */
export interface TypeFile {
  readonly type: string;
  readonly model: ResolvedModel;
  /** Made for this profile, not the user's own. */
  readonly isMade: boolean;
}

/** Makes what is not there. The caller removes what was made, also when a later one fails. */
export async function makeFile(context: CliContext, source: ResolvedModel, type: string): Promise<TypeFile> {
  const { quantisation } = await describe(source);
  if (type === quantisation) return { type, model: source, isMade: false };
  const { config, unsafeLib, signal, terminal, logger } = context;
  const path = await cachePath(context, source, type);
  const found = await readGguf(path).catch((error) => {
    // Not there, or left by somebody who was killed.
    if (isAppError(error)) return undefined;
    throw error;
  });
  if (found === undefined) {
    makeFolder(config.cacheDir);
    const stage = `quantise to ${type}`;
    const started = performance.now();
    terminal.onEvent({
      type: "stage-start",
      stage,
      total: source.gguf.tensors.length,
      unit: "tensors",
      done: 0,
    });
    const { warnings } = await quantise(loadLibrary({ gpu: config.gpu, unsafeLib }), {
      ...{ input: source.path, output: path, type: parseQuantType(type), signal },
      threads: config.threads || undefined,
      onProgress: (done, total) => terminal.onEvent({ type: "stage-progress", stage, done, total }),
    });
    const seconds = (performance.now() - started) / 1000;
    terminal.onEvent({ type: "stage-end", stage, done: source.gguf.tensors.length, seconds });
    for (const warning of warnings) logger.warn(`${type}: ${warning}`);
  }
  const gguf = found ?? (await readGguf(path));
  return { type, model: { name: source.name, path, origin: "file", gguf }, isMade: true };
}

/** Removes what was made, whole or half. */
export function removeMade(files: readonly TypeFile[]): void {
  for (const { model, isMade } of files) if (isMade) rmSync(model.path, { force: true });
}

/** Where a precision lies while it is needed; the name tells what it is made of, so --keep finds it again. */
async function cachePath({ config }: CliContext, source: ResolvedModel, type: string): Promise<string> {
  const key = createHash("sha256")
    .update(await fingerprint(source.gguf))
    .digest("hex")
    .slice(0, 16);
  return join(config.cacheDir, `profile-${source.name}-${key}-${type}.gguf`);
}

async function describe({ gguf }: ResolvedModel) {
  const { describeModel } = await import("../../models/index.ts");
  return describeModel(gguf);
}
