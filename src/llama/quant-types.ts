/** Names of quantisations and their numbers in the C API (include/llama.h). */

/** enum llama_ftype, those that Assay offers. */
export const QUANT_TYPES = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q8_0: 7,
  Q6_K: 18,
  Q5_K_M: 17,
  Q5_K_S: 16,
  Q4_K_M: 15,
  Q4_K_S: 14,
  Q4_0: 2,
  Q3_K_M: 12,
  Q2_K: 10,
} as const;
export type QuantType = keyof typeof QUANT_TYPES;
