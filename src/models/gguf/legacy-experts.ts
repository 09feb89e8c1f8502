/**
 * Mixtral files made before April 2024 keep every expert in a tensor of its own (blk.N.ffn_gate.E.weight);
 * today's llama.cpp wants them laid one behind the other (blk.N.ffn_gate_exps.weight) and stops with
 * "tensor 'blk.0.ffn_down_exps.weight' not found" (ggml-org/llama.cpp#10244).
 */

import { AppError } from "../../errors.ts";
import { shellWord } from "../shell-word.ts";
import type { Gguf } from "./gguf.ts";

// Numbers as llama.cpp wrote them; "00" would be a second name for the same expert.
const SPLIT_EXPERT = /^blk\.(0|[1-9]\d*)\.ffn_(gate|up|down)\.(0|[1-9]\d*)\.weight$/;

export interface SplitExpert {
  /** Name of the tensor that all experts of this layer and matrix make together. */
  readonly merged: string;
  readonly layer: number;
  readonly expert: number;
}

/** What the name of a split expert's tensor says; undefined for every other name. */
export function splitExpert(name: string): SplitExpert | undefined {
  const [, layer, matrix, expert] = name.match(SPLIT_EXPERT) ?? [];
  if (layer === undefined) return undefined;
  return { merged: `blk.${layer}.ffn_${matrix}_exps.weight`, layer: Number(layer), expert: Number(expert) };
}

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
  const layers = new Set<number>();
  const experts = new Set<number>();
  let tensors = 0;
  for (const { name } of gguf.tensors) {
    const found = splitExpert(name);
    if (!found) continue;
    layers.add(found.layer);
    experts.add(found.expert);
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
      hint: `No weight has to change, the experts only have to lie one behind the other: ${repairCommand(gguf.path)}`,
      details: { cause: "split experts", ...legacy },
    },
  );
}

/** The command that repairs such a file, ready to be pasted. */
export function repairCommand(path: string): string {
  const output = path.replace(/(-\d{5}-of-\d{5})?(\.gguf)?$/i, ".repaired.gguf");
  return `assay models repair ${shellWord(path)} --output ${shellWord(output)}`;
}
