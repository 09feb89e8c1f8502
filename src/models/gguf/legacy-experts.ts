/**
 * Mixtral files made before April 2024 keep every expert in a tensor of its own (blk.N.ffn_gate.E.weight);
 * today's llama.cpp wants them laid one behind the other (blk.N.ffn_gate_exps.weight) and stops with
 * "tensor 'blk.0.ffn_down_exps.weight' not found" (ggml-org/llama.cpp#10244).
 */

import { AppError } from "../../errors.ts";
import type { Gguf } from "./gguf.ts";

const SPLIT_EXPERT = /^blk\.(\d+)\.ffn_(gate|up|down)\.(\d+)\.weight$/;

export interface LegacyExperts {
  /** Layers with split experts. */
  readonly layers: number;
  /** Experts of a layer. */
  readonly experts: number;
  /** Tensors that have to be merged. */
  readonly tensors: number;
}

/** What a file with split experts holds of them; undefined for every other file. */
export function describeLegacyExperts(gguf: Pick<Gguf, "tensors">): LegacyExperts | undefined {
  const layers = new Set<string>();
  const experts = new Set<string>();
  let tensors = 0;
  for (const { name } of gguf.tensors) {
    const [, layer, , expert] = name.match(SPLIT_EXPERT) ?? [];
    if (layer === undefined || expert === undefined) continue;
    layers.add(layer);
    experts.add(expert);
    tensors += 1;
  }
  return tensors === 0 ? undefined : { layers: layers.size, experts: experts.size, tensors };
}

/**
 * To be called before a file is loaded: names the cause, which llama.cpp's own message does not.
 * @throws MODEL_INVALID for a file with split experts
 */
export function assertLoadable(gguf: Pick<Gguf, "tensors" | "path">): void {
  const legacy = describeLegacyExperts(gguf);
  if (!legacy) return;
  throw new AppError(
    "MODEL_INVALID",
    `${gguf.path} has split experts: ${legacy.tensors} tensors for ${legacy.experts} experts in ${legacy.layers} layers, a layout that llama.cpp no longer loads.`,
    {
      hint: "The file was made before the merged-expert layout (April 2024): get a newer conversion, or repair it with `assay models repair` once your version has it. No weight has to change.",
      details: { cause: "split experts", ...legacy },
    },
  );
}
