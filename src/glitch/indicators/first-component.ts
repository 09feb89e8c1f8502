/** The first principal component of a sample of rows, by power iteration. */

import { createRandom } from "../../random.ts";

const ROUNDS = 30;
/** Angle between rounds (as 1 - cosine) at which the direction stands still. */
const STILL = 1e-5;

/**
 * Unit vector along which the rows, less the mean, vary most. Its sign has no meaning.
 *
 * @param sample [rows, columns]
 * @param mean [columns]
 * @returns [columns]; zeros if the rows don't vary
 */
export function firstComponent(
  sample: Float32Array,
  columns: number,
  mean: Float64Array,
  seed: number,
): Float64Array {
  const rows = columns > 0 ? sample.length / columns : 0;
  const random = createRandom(seed);
  let direction = Float64Array.from({ length: columns }, () => random() - 0.5);
  normalise(direction);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(columns);
    const alongMean = dot(direction, mean);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      let along = -alongMean;
      for (let j = 0; j < columns; j++) along += sample[start + j]! * direction[j]!;
      for (let j = 0; j < columns; j++) next[j]! += along * sample[start + j]!;
      total += along;
    }
    for (let j = 0; j < columns; j++) next[j]! -= total * mean[j]!;
    if (normalise(next) === 0) return next;
    const still = 1 - Math.abs(dot(next, direction)) < STILL;
    direction = next;
    if (still) break;
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

/** Scales to length 1; returns the length it had (0 leaves zeros). */
function normalise(vector: Float64Array): number {
  const length = Math.sqrt(dot(vector, vector));
  if (length > 0) for (let j = 0; j < vector.length; j++) vector[j]! /= length;
  return length;
}
