/** Seeded noise for model files: fast enough for hundreds of millions of weights. */

import { type FloatType, toBF16, toF16 } from "../models/convert/half-floats.ts";

/** A generator of 32-bit numbers (mulberry32): small, seeded, good enough for weights that mean nothing. */
export function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const CHUNK_WEIGHTS = 2 ** 20;
const LEVELS = 2 ** 16;

/**
 * Chunks of uniform random weights with mean 0.
 * @param deviation standard deviation
 */
export function* noiseWeights(
  noise: () => number,
  type: FloatType,
  count: number,
  deviation: number,
): Generator<Uint8Array> {
  const levels = weightLevels(type, deviation);
  const size = Math.min(count, CHUNK_WEIGHTS);
  const out = type === "F32" ? new Float32Array(size) : new Uint16Array(size);
  for (let done = 0; done < count; ) {
    const length = Math.min(out.length, count - done);
    for (let index = 0; index < length; index += 2) {
      const bits = noise();
      out[index] = levels[bits & 0xffff]!;
      if (index + 1 < length) out[index + 1] = levels[bits >>> 16]!;
    }
    yield new Uint8Array(out.buffer, 0, length * out.BYTES_PER_ELEMENT);
    done += length;
  }
}

const tables = new Map<string, Float32Array | Uint16Array>();

/** All weights that are drawn from, in the target's form, so that drawing is one look into a table. */
function weightLevels(type: FloatType, deviation: number): Float32Array | Uint16Array {
  const known = tables.get(`${type} ${deviation}`);
  if (known) return known;
  const widest = deviation * Math.sqrt(3);
  const values = Float32Array.from({ length: LEVELS }, (_, index) => widest * ((2 * index + 1) / LEVELS - 1));
  const table = type === "F32" ? values : Uint16Array.from(values, type === "F16" ? toF16 : toBF16);
  tables.set(`${type} ${deviation}`, table);
  return table;
}

/** Chunks of random but valid blocks: every byte is noise, only the scales (F16) are set to be finite. */
export function* noiseBlocks(
  noise: () => number,
  layout: { readonly bytes: number; readonly scales: readonly number[] },
  blocks: number,
): Generator<Uint8Array> {
  const perChunk = Math.min(blocks, Math.floor(CHUNK_WEIGHTS / layout.bytes) * 4);
  const words = new Uint32Array(Math.ceil((perChunk * layout.bytes) / 4));
  const bytes = new Uint8Array(words.buffer);
  for (let done = 0; done < blocks; ) {
    const count = Math.min(perChunk, blocks - done);
    for (let index = 0; index < words.length; index++) words[index] = noise();
    for (let block = 0; block < count; block++)
      for (const place of layout.scales) {
        const at = block * layout.bytes + place;
        // Exponents 1 to 7 of 31: scales from 2^-14 to 2^-8, as in trained files.
        bytes[at + 1] = ((bytes[at + 1]! % 7) + 1) << 2;
      }
    yield bytes.subarray(0, count * layout.bytes);
    done += count;
  }
}
