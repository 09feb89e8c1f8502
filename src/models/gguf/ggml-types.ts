/**
 * The tensor types of ggml and the file types of llama.cpp: names, numbers, block sizes.
 * Source: enum ggml_type and the block structs of ggml/src/ggml-common.h, enum llama_ftype of include/llama.h,
 * llama.cpp v0.4.0. Numbers that are missing were removed from the format.
 */

interface GgmlTypeFacts {
  /** Number in the file. */
  readonly id: number;
  /** Weights in one block; rows are whole blocks. */
  readonly blockWeights: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
}

const type = (id: number, blockWeights: number, blockBytes: number): GgmlTypeFacts => ({
  id,
  blockWeights,
  blockBytes,
});

export const GGML_TYPES = {
  F32: type(0, 1, 4),
  F16: type(1, 1, 2),
  Q4_0: type(2, 32, 18),
  Q4_1: type(3, 32, 20),
  Q5_0: type(6, 32, 22),
  Q5_1: type(7, 32, 24),
  Q8_0: type(8, 32, 34),
  Q8_1: type(9, 32, 36),
  Q2_K: type(10, 256, 84),
  Q3_K: type(11, 256, 110),
  Q4_K: type(12, 256, 144),
  Q5_K: type(13, 256, 176),
  Q6_K: type(14, 256, 210),
  Q8_K: type(15, 256, 292),
  IQ2_XXS: type(16, 256, 66),
  IQ2_XS: type(17, 256, 74),
  IQ3_XXS: type(18, 256, 98),
  IQ1_S: type(19, 256, 50),
  IQ4_NL: type(20, 32, 18),
  IQ3_S: type(21, 256, 110),
  IQ2_S: type(22, 256, 82),
  IQ4_XS: type(23, 256, 136),
  I8: type(24, 1, 1),
  I16: type(25, 1, 2),
  I32: type(26, 1, 4),
  I64: type(27, 1, 8),
  F64: type(28, 1, 8),
  IQ1_M: type(29, 256, 56),
  BF16: type(30, 1, 2),
  TQ1_0: type(34, 256, 54),
  TQ2_0: type(35, 256, 66),
  MXFP4: type(39, 32, 17),
  NVFP4: type(40, 64, 36),
  Q1_0: type(41, 128, 18),
  Q2_0: type(42, 64, 18),
} as const;

export type GgmlTypeName = keyof typeof GGML_TYPES;

const BY_ID = new Map<number, GgmlTypeName>(
  Object.entries(GGML_TYPES).map(([name, facts]) => [facts.id, name as GgmlTypeName]),
);

/** Name of the type with this number, or undefined where llama.cpp v0.4.0 has none. */
export function ggmlTypeName(id: number): GgmlTypeName | undefined {
  return BY_ID.get(id);
}

/** Number of weights in a tensor of this shape (ggml order). */
export function countWeights(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a tensor; NaN where its rows (shape[0]) are not whole blocks. */
export function tensorBytes(name: GgmlTypeName, shape: readonly number[]): number {
  const { blockWeights, blockBytes } = GGML_TYPES[name];
  if ((shape[0] ?? 1) % blockWeights !== 0) return Number.NaN;
  return (countWeights(shape) / blockWeights) * blockBytes;
}

/** general.file_type -> the name people know a quantisation by. */
const FILE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "Q4_0"],
  [3, "Q4_1"],
  [7, "Q8_0"],
  [8, "Q5_0"],
  [9, "Q5_1"],
  [10, "Q2_K"],
  [11, "Q3_K_S"],
  [12, "Q3_K_M"],
  [13, "Q3_K_L"],
  [14, "Q4_K_S"],
  [15, "Q4_K_M"],
  [16, "Q5_K_S"],
  [17, "Q5_K_M"],
  [18, "Q6_K"],
  [19, "IQ2_XXS"],
  [20, "IQ2_XS"],
  [21, "Q2_K_S"],
  [22, "IQ3_XS"],
  [23, "IQ3_XXS"],
  [24, "IQ1_S"],
  [25, "IQ4_NL"],
  [26, "IQ3_S"],
  [27, "IQ3_M"],
  [28, "IQ2_S"],
  [29, "IQ2_M"],
  [30, "IQ4_XS"],
  [31, "IQ1_M"],
  [32, "BF16"],
  [36, "TQ1_0"],
  [37, "TQ2_0"],
  [38, "MXFP4"],
  [39, "NVFP4"],
  [40, "Q1_0"],
  [41, "Q2_0"],
]);

/** Set by llama.cpp on a file type that it guessed (LLAMA_FTYPE_GUESSED). */
const GUESSED = 1024;

/** Name of a general.file_type, or undefined for an unknown number. */
export function fileTypeName(id: number): string | undefined {
  return FILE_TYPES.get(id & ~GUESSED);
}
