/** How large a model is, or would be, in the quantisations that people choose from. */

import type { ModelShape } from "./catalogue-entry.ts";

/**
 * Bits of one weight over a whole file, scales included, as measured on Llama 3.1 8B (llama.cpp,
 * tools/quantize/README.md). Mixtral's differ by less than 1 % (Q4_K_M 4.87, Q5_K_M 5.69); other shapes may take a few
 * per cent more, since the output matrix keeps 6 bits.
 */
export const BITS_PER_WEIGHT = { Q4_K_M: 4.8944, Q5_K_M: 5.7036, Q8_0: 8.5008, F16: 16.0005 } as const;
export type CardQuantisation = keyof typeof BITS_PER_WEIGHT;

export interface QuantisedSize {
  readonly quantisation: string;
  /** Bytes of the weights. */
  readonly weights: number;
  /** Counted over the file's own tensors, or known; else by BITS_PER_WEIGHT. */
  readonly exact: boolean;
}

/** The model's own quantisation exactly, the others by bits a weight; smallest first. */
export function quantisedSizes(shape: ModelShape, own: string): QuantisedSize[] {
  const others = Object.entries(BITS_PER_WEIGHT)
    .filter(([quantisation]) => quantisation !== own)
    .map(([quantisation, bits]) => ({
      quantisation,
      weights: Math.round((shape.parameters * bits) / 8),
      exact: false,
    }));
  const exact = { quantisation: own, weights: shape.sizeBytes, exact: true };
  return [exact, ...others].toSorted((a, b) => a.weights - b.weights);
}
