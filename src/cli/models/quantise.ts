/** `assay models quantise`: GGUF file of floats -> smaller GGUF file. */

import type { CliContext } from "../context.ts";
import {
  checkOutput,
  explainStop,
  type MakeFileOptions,
  readType,
  showStages,
  tellFile,
} from "./make-file.ts";

export type ModelsQuantiseOptions = MakeFileOptions & { type: string };

const UNITS = { quantise: { unit: "tensors", divisor: 1 } };

export async function runModelsQuantise(
  context: CliContext,
  options: ModelsQuantiseOptions,
  file = "",
): Promise<undefined> {
  const { output } = options;
  const { config, signal, logger, unsafeLib } = context;
  const type = await readType(options.type);
  checkOutput(output);
  const [{ describeModel, quantise, readGguf }, { loadLibrary }] = await Promise.all([
    import("../../models/index.ts"),
    import("../../llama/index.ts"),
  ]);
  const { quantisation } = describeModel(await readGguf(file));
  const started = performance.now();
  const stages = showStages(context, UNITS);
  explainStop(context, () => true);
  const made = await quantise(loadLibrary({ gpu: "off", unsafeLib, logger }), {
    input: file,
    output,
    type,
    threads: config.threads || undefined,
    signal,
    onProgress: (done, total) => stages.onProgress("quantise", done, total),
  }).finally(stages.end);
  const source = { file, type: quantisation };
  await tellFile(context, { ...made, kind: "quantise", source }, (performance.now() - started) / 1_000);
  return undefined;
}
