/** Models of any shape with random weights: they say nothing, but load and run as fast as trained ones. */

import { rm } from "node:fs/promises";
import { type LlamaLibrary, loadLibrary, type QuantType } from "../llama/index.ts";
import type { FloatType } from "../models/convert/half-floats.ts";
import { type ModelShape, shapeMetadata } from "../models/convert/hf-config.ts";
import { tensorTable } from "../models/convert/plan-tensors.ts";
import { countWeights } from "../models/gguf/ggml-types.ts";
import { type GgufValue, quantise, writeGguf } from "../models/index.ts";
import { createNoise, noiseWeights } from "./gguf-noise.ts";
import { syntheticVocabulary } from "./gguf-vocabulary.ts";

export interface RandomModelOptions {
  readonly path: string;
  /** @default 2 */
  readonly layers?: number;
  /** A multiple of 256 for real K-quants. @default 256 */
  readonly dim?: number;
  /** @default 4 */
  readonly heads?: number;
  /** @default 2 */
  readonly kvHeads?: number;
  /** @default 512 */
  readonly ffn?: number;
  /** 0 for a dense model. @default 8 */
  readonly experts?: number;
  /** @default 2 */
  readonly expertsUsed?: number;
  /** Token ids; at least 355. @default 1024 */
  readonly vocabulary?: number;
  /** @default 1024 */
  readonly contextLength?: number;
  /** @default "F16" */
  readonly type?: QuantType;
  /** @default 1 */
  readonly seed?: number;
  readonly chatTemplate?: string;
  /** For quantised types; loaded if not given. */
  readonly library?: LlamaLibrary;
}

const FILE_TYPE = { F32: 0, F16: 1, BF16: 32 } as const;

/**
 * Writes a GGUF file of the Llama or Mixtral architecture.
 * @returns its path
 * @example
 * await writeRandomModel({ path: "tiny.gguf", experts: 8, type: "Q4_K_M" });
 */
export async function writeRandomModel(options: RandomModelOptions): Promise<string> {
  const { path, type = "F16" } = options;
  if (isFloat(type)) return writeFloats(options, path, type);
  const floats = `${path}.f16`;
  try {
    await writeFloats(options, floats, "F16");
    await quantise(options.library ?? loadLibrary(), { input: floats, output: path, type });
  } finally {
    await rm(floats, { force: true });
  }
  return path;
}

function isFloat(type: QuantType): type is FloatType {
  return type in FILE_TYPE;
}

async function writeFloats(options: RandomModelOptions, path: string, type: FloatType): Promise<string> {
  const shape = shapeOf(options);
  const noise = createNoise(options.seed ?? 1);
  const metadata: [string, GgufValue][] = [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: "random weights" }],
    ["general.file_type", { type: "uint32", value: FILE_TYPE[type] }],
    ["general.quantization_version", { type: "uint32", value: 2 }],
    ...shapeMetadata(shape),
    ...syntheticVocabulary(shape.vocabulary, options.seed),
  ];
  if (options.chatTemplate !== undefined)
    metadata.push(["tokenizer.chat_template", { type: "string", value: options.chatTemplate }]);
  await writeGguf({
    path,
    metadata,
    tensors: tensorTable(shape).map(({ name, shape: sizes, isF32 }) => {
      const tensorType = isF32 ? "F32" : type;
      const isNorm = sizes.length === 1;
      return {
        name,
        shape: sizes,
        type: tensorType,
        // Activations keep their size from layer to layer: matrices scale by their input, norms do nothing.
        data: isNorm
          ? new Uint8Array(new Float32Array(sizes[0]!).fill(1).buffer)
          : () => noiseWeights(noise, tensorType, countWeights(sizes), 1 / Math.sqrt(sizes[0]!)),
      };
    }),
  });
  return path;
}

function shapeOf(options: RandomModelOptions): ModelShape {
  const { dim = 256, heads = 4, experts = 8, expertsUsed = 2 } = options;
  return {
    layers: options.layers ?? 2,
    dim,
    ffn: options.ffn ?? 512,
    heads,
    kvHeads: options.kvHeads ?? 2,
    headDim: dim / heads,
    contextLength: options.contextLength ?? 1_024,
    vocabulary: options.vocabulary ?? 1_024,
    experts,
    expertsUsed: experts > 0 ? expertsUsed : 0,
    normEpsilon: 1e-5,
    ropeBase: 10_000,
    ropeScale: 1,
    isTied: false,
  };
}
