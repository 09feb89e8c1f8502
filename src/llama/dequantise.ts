/** Rows of a quantised tensor as floats, by the function pointer that ggml keeps for each type. */

import { AppError } from "../errors.ts";
import type { Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";
import type { LlamaLibrary } from "./library.ts";
import { typeTraits } from "./structs.ts";

const toFloat = koffi.proto("void", [koffi.pointer("void"), koffi.pointer("void"), "int64_t"]);

export interface RowDecoder {
  readonly typeName: string;
  /** Weights in one block. */
  readonly blockWeights: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Decodes as many weights as `out` holds; `bytes` must hold their blocks. Runs on a worker thread. */
  decode(bytes: Uint8Array, out: Float32Array): Promise<void>;
}

/**
 * The decoder of one ggml type (number as in GGUF files).
 * @throws UNSUPPORTED for a type that this llama.cpp cannot turn into floats.
 */
export function rowDecoder(library: LlamaLibrary, type: number): RowDecoder {
  const traits = koffi.decode(library.functions.ggml_get_type_traits(type), typeTraits) as {
    type_name: string | null;
    blck_size: number;
    type_size: number;
    to_float: Pointer | null;
  };
  const blockWeights = Number(traits.blck_size);
  const blockBytes = Number(traits.type_size);
  const isFloat32 = type === 0;
  if (!isFloat32 && !traits.to_float)
    throw new AppError(
      "UNSUPPORTED",
      `Weights of type ${traits.type_name ?? type} cannot be read as floats.`,
    );
  const convert = isFloat32 ? undefined : koffi.decode(traits.to_float, toFloat);
  return {
    typeName: traits.type_name ?? String(type),
    blockWeights,
    blockBytes,
    async decode(bytes, out) {
      const needed = (out.length / blockWeights) * blockBytes;
      if (!Number.isInteger(needed) || bytes.length < needed)
        throw new AppError(
          "MODEL_INVALID",
          `${bytes.length} bytes do not hold ${out.length} weights of ${traits.type_name}.`,
        );
      if (!convert) {
        out.set(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + needed)));
        return;
      }
      await new Promise<void>((resolve, reject) =>
        convert.async(bytes, out, out.length, (error: unknown) =>
          error ? reject(error as Error) : resolve(),
        ),
      );
    },
  };
}

/** Decodes a whole buffer at once; `out` says how many weights. */
export function dequantise(
  library: LlamaLibrary,
  type: number,
  bytes: Uint8Array,
  out: Float32Array,
): Promise<void> {
  return rowDecoder(library, type).decode(bytes, out);
}
