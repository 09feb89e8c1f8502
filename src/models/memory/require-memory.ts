/** Refuses a model that cannot fit before anything is loaded, with the figures and three ways out. */

import { AppError } from "../../errors.ts";
import type { Placement } from "../../llama/index.ts";
import { describeModel } from "../describe-model.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { assessMemory, type MemoryAssessment, PROGRAM_BYTES } from "./assess-memory.ts";
import { formatBytes } from "./format-bytes.ts";
import type { MemoryFacts } from "./memory-facts.ts";
import type { MemoryPrediction } from "./memory-prediction.ts";
import { waysOut } from "./ways-out.ts";

export interface RequireMemoryOptions {
  readonly gguf: Gguf;
  readonly prediction: MemoryPrediction;
  readonly facts: MemoryFacts;
  readonly placement: Placement;
  /** Tokens of context that were asked for. */
  readonly context: number;
  /** Told where the model fits, but not well. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Passes a model that fits.
 * @throws OUT_OF_MEMORY with what is needed, what there is and three ways out
 */
export function requireMemory(options: RequireMemoryOptions): MemoryAssessment {
  const { gguf, prediction, facts, placement, context, onWarning } = options;
  const assessment = assessMemory(prediction, facts);
  const model = describeModel(gguf);
  if (assessment.verdict === "fits") return assessment;
  const { needed, available, where } = assessment;
  const has =
    where === "gpu"
      ? `${assessment.gpu?.name} has`
      : facts.limit === "container"
        ? "this container has"
        : "this machine has";
  if (assessment.verdict === "tight") {
    onWarning?.(
      `${model.name} needs ${formatBytes(needed)} and ${has} ${formatBytes(available)} free: weights will be read from disk again and again. End other programs, or take a smaller quantisation.`,
    );
    return assessment;
  }
  const ways = waysOut({ model, prediction, assessment, placement, context });
  const about = prediction.source === "estimated" ? "about " : "";
  throw new AppError(
    "OUT_OF_MEMORY",
    `${model.name} needs ${about}${formatBytes(needed)} (${parts(assessment, prediction)}) and ${has} ${formatBytes(available)} ${where === "machine" ? "in all" : "free"}.`,
    {
      hint: `Three ways out: ${ways.map((way, at) => `(${at + 1}) ${way}`).join("; ")}. To load it all the same: --no-memory-check.`,
      details: { prediction, facts, waysOut: ways },
    },
  );
}

/** What the need is made of. */
function parts({ gpu, where }: MemoryAssessment, { ram }: MemoryPrediction): string {
  if (gpu) {
    return `weights ${formatBytes(gpu.weights)}, cache ${formatBytes(gpu.kvCache)}, buffers ${formatBytes(gpu.compute)}, 1 GiB to spare`;
  }
  const weights =
    where === "machine"
      ? `weights ${formatBytes(ram.mapped + ram.copied)}`
      : `weights that are copied into memory ${formatBytes(ram.copied)}`;
  return `${weights}, cache ${formatBytes(ram.kvCache)}, buffers ${formatBytes(ram.compute)}, this program ${formatBytes(PROGRAM_BYTES)}`;
}
