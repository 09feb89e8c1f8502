/** Names of quantisations and tensor types and their numbers in the C API (include/llama.h, ggml/include/ggml.h). */

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

/** enum ggml_type, all that llama.cpp v0.4.0 can dequantise. */
export const GGML_TYPE = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  IQ4_NL: 20,
  IQ4_XS: 23,
  BF16: 30,
} as const;
