/** A file with nothing but the two matrices that indicators read, at their real size, for speed tests. */

import { GGML_TYPES, type GgmlTypeName, writeGguf } from "../models/index.ts";
import { createNoise, noiseBlocks } from "./gguf-noise.ts";
import { syntheticVocabulary } from "./gguf-vocabulary.ts";

/** Types whose blocks can be made of noise: where their F16 scales are (ggml/src/ggml-common.h). */
const SCALES = { Q4_K: [0, 2], Q6_K: [208], Q8_0: [0] } as const satisfies Partial<
  Record<GgmlTypeName, readonly number[]>
>;
type BlockType = keyof typeof SCALES;

export interface EmbeddingFileOptions {
  readonly path: string;
  /** Rows. @default 32000 */
  readonly vocabulary?: number;
  /** Columns, a multiple of 256. @default 4096 */
  readonly dim?: number;
  /** @default as in a Q4_K_M file: Q4_K and Q6_K */
  readonly types?: { readonly input: BlockType; readonly output: BlockType };
  readonly seed?: number;
}

/** Writes token_embd.weight and output.weight [vocabulary, dim] of random blocks. Does not load as a model. */
export async function writeEmbeddingFile(options: EmbeddingFileOptions): Promise<string> {
  const {
    path,
    vocabulary = 32_000,
    dim = 4_096,
    types = { input: "Q4_K", output: "Q6_K" },
    seed = 1,
  } = options;
  const noise = createNoise(seed);
  const matrix = (name: string, type: BlockType) => {
    const { blockWeights, blockBytes } = GGML_TYPES[type];
    const blocks = (vocabulary * dim) / blockWeights;
    return {
      name,
      type,
      shape: [dim, vocabulary],
      data: () => noiseBlocks(noise, { bytes: blockBytes, scales: SCALES[type] }, blocks),
    };
  };
  await writeGguf({
    path,
    metadata: [
      ["general.architecture", { type: "string", value: "llama" }],
      ["llama.embedding_length", { type: "uint32", value: dim }],
      ["llama.vocab_size", { type: "uint32", value: vocabulary }],
      ...syntheticVocabulary(vocabulary, seed),
    ],
    tensors: [matrix("token_embd.weight", types.input), matrix("output.weight", types.output)],
  });
  return path;
}
