/** F16, BF16 and F32 to one another, in typed arrays. Rounds to nearest, ties to even, as ggml does. */

export type FloatType = "F32" | "F16" | "BF16";

export const FLOAT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;

/** F16 bits -> value, all 65,536 of them: a table is several times faster than computing each. */
const F16_VALUES = buildF16Values();

function buildF16Values(): Float32Array {
  const values = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude =
      exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/** The bits of the F16 nearest to a value; beyond 65,504 infinity. */
export function toF16(value: number): number {
  one[0] = value;
  const bits = oneBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 127 + 15;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00 | ((bits & 0x7fffffff) > 0x7f800000 ? 0x200 : 0);
  // Subnormal: the leading one joins the fraction, everything moves right.
  const shift = exponent > 0 ? 13 : 14 - exponent;
  if (shift > 24) return sign;
  const whole = exponent > 0 ? fraction | (exponent << 23) : fraction | 0x800000;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The bits of the BF16 nearest to a value. */
export function toBF16(value: number): number {
  one[0] = value;
  const bits = oneBits[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 64;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The value of F16 bits. */
export function fromF16(bits: number): number {
  return F16_VALUES[bits]!;
}

/**
 * Converts weights. The bytes must begin at a multiple of 4 in their buffer.
 * @returns the same bytes where nothing is to be done
 */
export function convertFloats(bytes: Uint8Array, from: FloatType, to: FloatType): Uint8Array {
  if (from === to) return bytes;
  const values = toF32(bytes, from);
  if (to === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = new Uint16Array(values.length);
  const encode = to === "F16" ? toF16 : toBF16;
  for (let index = 0; index < out.length; index++) out[index] = encode(values[index]!);
  return new Uint8Array(out.buffer);
}

function toF32(bytes: Uint8Array, from: FloatType): Float32Array {
  const count = bytes.length / FLOAT_BYTES[from];
  if (from === "F32") return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  if (from === "F16") return Float32Array.from(halves, fromF16);
  const out = new Uint32Array(count);
  for (let index = 0; index < count; index++) out[index] = halves[index]! << 16;
  return new Float32Array(out.buffer);
}

/** Position of the first infinite or not-a-number weight, or -1. Looks at the exponent's bits only. */
export function findNonFinite(bytes: Uint8Array, type: FloatType): number {
  const count = bytes.length / FLOAT_BYTES[type];
  if (type === "F32") return findMasked(new Uint32Array(bytes.buffer, bytes.byteOffset, count), 0x7f800000);
  return findMasked(new Uint16Array(bytes.buffer, bytes.byteOffset, count), type === "F16" ? 0x7c00 : 0x7f80);
}

function findMasked(words: Uint32Array | Uint16Array, mask: number): number {
  for (let index = 0; index < words.length; index++) if ((words[index]! & mask) === mask) return index;
  return -1;
}
