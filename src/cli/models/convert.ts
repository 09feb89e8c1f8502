/** `assay models convert`: folder -> GGUF file, quantised in the same go where that is asked for. */

import { stat } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext } from "../context.ts";
import {
  checkOutput,
  explainStop,
  type MakeFileOptions,
  readType,
  showStages,
  tellFile,
} from "./make-file.ts";

export type ModelsConvertOptions = MakeFileOptions & { name?: string };

const UNITS = {
  convert: { unit: "MB", divisor: 1e6 },
  quantise: { unit: "tensors", divisor: 1 },
};

export async function runModelsConvert(
  context: CliContext,
  options: ModelsConvertOptions,
  folder = "",
): Promise<undefined> {
  const { output, name } = options;
  const { config, signal, logger, unsafeLib } = context;
  const type = options.type === undefined ? undefined : await readType(options.type);
  checkOutput(output);
  await refuseFile(folder);
  const [{ convertModel }, { loadLibrary }] = await Promise.all([
    import("../../models/index.ts"),
    import("../../llama/index.ts"),
  ]);
  const started = performance.now();
  const stages = showStages(context, UNITS);
  let stage: string | undefined;
  explainStop(context, () => stage === "quantise");
  const made = await convertModel({
    folder,
    output,
    type,
    name,
    threads: config.threads || undefined,
    library: () => loadLibrary({ gpu: "off", unsafeLib, logger }),
    signal,
    onPlan: ({ family, storedType }) =>
      logger.info(`converting ${visibleToken(folder)} (${family}, ${storedType}) to ${type ?? storedType}`),
    onProgress(name, done, total) {
      stage = name;
      stages.onProgress(name, done, total);
    },
  }).finally(stages.end);
  const { family, from, ...file } = made;
  const source = { folder, family, type: from };
  await tellFile(context, { ...file, kind: "convert", source }, (performance.now() - started) / 1_000);
  return undefined;
}

async function refuseFile(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isFile()) return;
  throw new AppError("USAGE", `${visibleToken(folder)} is a file; a folder is converted.`, {
    hint: /\.gguf$/i.test(folder)
      ? "It is GGUF already; `assay models quantise` makes it smaller."
      : "Give the folder that it lies in.",
  });
}
