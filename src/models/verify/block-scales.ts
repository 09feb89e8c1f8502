/**
 * Where the scales of each tensor type are, and which bits of them say "not a number". Every weight of a block is
 * multiplied by them, so one bad scale spoils a whole row. Source: the block structs of ggml/src/ggml-common.h,
 * llama.cpp v0.4.0.
 */

import type { GgmlTypeName } from "../gguf/ggml-types.ts";

type Form = "f16" | "bf16" | "f32" | "e8m0";

interface ScaleFields {
  readonly form: Form;
  /** Bytes from the start of a block. */
  readonly at: readonly number[];
}

const half = (...at: number[]): ScaleFields => ({ form: "f16", at });

/** Types that are not here keep their scales in other ways (IQ1_M, NVFP4 …) or have none (integers). */
const FIELDS: Partial<Record<GgmlTypeName, ScaleFields>> = {
  F32: { form: "f32", at: [0] },
  F16: half(0),
  BF16: { form: "bf16", at: [0] },
  Q4_0: half(0),
  Q4_1: half(0, 2),
  Q5_0: half(0),
  Q5_1: half(0, 2),
  Q8_0: half(0),
  Q8_1: half(0, 2),
  Q2_K: half(80, 82),
  Q3_K: half(108),
  Q4_K: half(0, 2),
  Q5_K: half(0, 2),
  Q6_K: half(208),
  Q8_K: { form: "f32", at: [0] },
  IQ2_XXS: half(0),
  IQ2_XS: half(0),
  IQ3_XXS: half(0),
  IQ1_S: half(0),
  IQ4_NL: half(0),
  IQ3_S: half(0),
  IQ2_S: half(0),
  IQ4_XS: half(0),
  TQ1_0: half(52),
  TQ2_0: half(64),
  MXFP4: { form: "e8m0", at: [0] },
};

/** Whether badScales() knows the type. */
export function hasKnownScales(type: GgmlTypeName): boolean {
  return FIELDS[type] !== undefined;
}

/** How many of the blocks have a scale that is NaN or infinite; `bytes` holds whole blocks. */
export function countBadBlocks(type: GgmlTypeName, blockBytes: number, bytes: Uint8Array): number {
  const fields = FIELDS[type];
  if (!fields) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let bad = 0;
  for (let block = 0; block + blockBytes <= bytes.length; block += blockBytes)
    if (fields.at.some((at) => isBad(view, block + at, fields.form))) bad++;
  return bad;
}

/** All bits of the exponent set: NaN or infinite in every IEEE form; e8m0 has no infinity and one NaN. */
function isBad(view: DataView, at: number, form: Form): boolean {
  if (form === "f16") return (view.getUint16(at, true) & 0x7c00) === 0x7c00;
  if (form === "bf16") return (view.getUint16(at, true) & 0x7f80) === 0x7f80;
  if (form === "f32") return (view.getUint32(at, true) & 0x7f80_0000) === 0x7f80_0000;
  return view.getUint8(at) === 0xff;
}
