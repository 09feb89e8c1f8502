/** What a GGUF file holds, as readGguf() returns it: plain data, no open handles. */

import type { GgmlTypeName } from "./ggml-types.ts";
import type { Metadata } from "./metadata.ts";

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** ggml order: shape[0] is the length of a row, which is contiguous. */
  readonly shape: readonly number[];
  /** Position of the first byte in its shard's file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Index into `shards`. */
  readonly shard: number;
}

export interface GgufShard {
  readonly path: string;
  /** Where header and tensor table end and the data begins. */
  readonly dataOffset: number;
  readonly fileSize: number;
}

export interface Gguf {
  /** The file, or the first of its shards. */
  readonly path: string;
  /** Of the format: 2 or 3. */
  readonly version: number;
  /** Of the first shard; the others repeat nothing of use. */
  readonly metadata: Metadata;
  /** Of all shards. */
  readonly tensors: readonly GgufTensor[];
  /** Data and tensors begin at multiples of this. */
  readonly alignment: number;
  /** Of the first shard. */
  readonly dataOffset: number;
  /** Of all shards together. */
  readonly fileSize: number;
  /** One for an ordinary file. */
  readonly shards: readonly GgufShard[];
}

/** The tensor of that name. */
export function findTensor(gguf: Pick<Gguf, "tensors">, name: string): GgufTensor | undefined {
  return gguf.tensors.find((tensor) => tensor.name === name);
}
