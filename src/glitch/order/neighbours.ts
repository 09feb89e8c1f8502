/**
 * What the probed tokens say about the others: the k nearest in output-embedding space vote, nearer ones more.
 * In experiments on models with known glitch tokens this walk in output space was the whole gain of gradient
 * methods.
 */

import { type IndicatorTable, indicatorColumns } from "../indicators/indicators.ts";
import { SKETCH } from "../indicators/matrix-figures.ts";

export interface Neighbours {
  /** Tells the verdict on a token (+1 failed, -1 worked) to those still open. */
  add(id: number, label: 1 | -1, open: Iterable<number>): void;
  /** Mean label of the k nearest told so far, weighted by exp(6 cosine), drawn towards 0 if none is near; within ±1. */
  vote(id: number): number;
}

const SHARPNESS = 6;
/** Cosine at which a vote weighs as much as the opinion that nothing is known. */
const UNKNOWN = 0.2;
/** Share of the squared length that the indicators get together: as much as the sketch, although they are few. */
const INDICATOR_SHARE = 0.5;

/** @param ids the tokens that may be told or asked; @param table must have the output's sketch; @param k how many vote */
export function createNeighbours(ids: readonly number[], table: IndicatorTable, k: number): Neighbours {
  const { features, width } = unitFeatures(ids, table);
  const place = new Map(ids.map((id, index) => [id, index]));
  // [ids, k] similarity and label of the nearest so far, in no order.
  const similarity = new Float32Array(ids.length * k).fill(Number.NEGATIVE_INFINITY);
  const labels = new Int8Array(ids.length * k);

  return {
    add(id, label, open) {
      const from = place.get(id)! * width;
      for (const other of open) {
        const index = place.get(other)!;
        const to = index * width;
        let cosine = 0;
        for (let j = 0; j < width; j++) cosine += features[from + j]! * features[to + j]!;
        let weakest = index * k;
        for (let slot = index * k + 1; slot < (index + 1) * k; slot++)
          if (similarity[slot]! < similarity[weakest]!) weakest = slot;
        if (cosine > similarity[weakest]!) {
          similarity[weakest] = cosine;
          labels[weakest] = label;
        }
      }
    },
    vote(id) {
      const start = place.get(id)! * k;
      let weight = k * Math.exp(SHARPNESS * UNKNOWN);
      let sum = 0;
      for (let slot = start; slot < start + k; slot++) {
        const share = Math.exp(SHARPNESS * similarity[slot]!);
        weight += share;
        sum += share * labels[slot]!;
      }
      return sum / weight;
    },
  };
}

/** [ids, width] The sketch and the indicators of each id, standardised over the ids and scaled to length 1. */
function unitFeatures(ids: readonly number[], table: IndicatorTable) {
  const sketch = table.output.sketch!;
  const columns = indicatorColumns(table).map(({ values }) => values);
  const width = SKETCH + columns.length;
  const features = new Float32Array(ids.length * width);
  ids.forEach((id, index) => {
    features.set(sketch.subarray(id * SKETCH, (id + 1) * SKETCH), index * width);
    columns.forEach((values, column) => {
      features[index * width + SKETCH + column] = values[id]!;
    });
  });
  const indicatorWeight = Math.sqrt(((INDICATOR_SHARE / (1 - INDICATOR_SHARE)) * SKETCH) / columns.length);
  for (let j = 0; j < width; j++) standardise(features, j, width, j < SKETCH ? 1 : indicatorWeight);
  for (let start = 0; start < features.length; start += width) {
    let square = 0;
    for (let j = 0; j < width; j++) square += features[start + j]! ** 2;
    const length = Math.sqrt(square);
    if (length > 0) for (let j = 0; j < width; j++) features[start + j]! /= length;
  }
  return { features, width };
}

function standardise(features: Float32Array, column: number, width: number, weight: number): void {
  const count = features.length / width;
  let sum = 0;
  let square = 0;
  for (let at = column; at < features.length; at += width) sum += features[at]!;
  const mean = sum / count;
  for (let at = column; at < features.length; at += width) square += (features[at]! - mean) ** 2;
  const scale = square > 0 ? weight / Math.sqrt(square / count) : 0;
  for (let at = column; at < features.length; at += width) features[at] = (features[at]! - mean) * scale;
}
