/**
 * Reads a SentencePiece model (tokenizer.model): a protobuf message of which three parts matter here.
 * Field numbers: google/sentencepiece, src/sentencepiece_model.proto.
 */

import { AppError } from "../../errors.ts";
import { MAX_VOCABULARY } from "./hf-config.ts";
import { readSmallFile } from "./read-json.ts";

/** Piece types; GGUF's tokenizer.ggml.token_type uses the same numbers. */
export const PIECE_TYPE = { normal: 1, unknown: 2, control: 3, user: 4, unused: 5, byte: 6 } as const;

const TYPES: ReadonlySet<number> = new Set(Object.values(PIECE_TYPE));

export interface Piece {
  /** UTF-8; U+2581 stands for a space. */
  readonly text: Uint8Array;
  readonly score: number;
  /** One of PIECE_TYPE. */
  readonly type: number;
}

export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  /** Whether a text begins with a space of its own. */
  readonly addsSpacePrefix: boolean;
  readonly unk: number;
  readonly bos: number;
  readonly eos: number;
  /** -1: none. */
  readonly pad: number;
}

/** A tokenizer of whatever file: an id without a piece has none here either. */
export type SourceTokenizer = Omit<SentencePieceModel, "pieces"> & {
  readonly pieces: readonly (Piece | undefined)[];
};

/** Vocabularies of 256,000 pieces make 5 MB. */
const MAX_MODEL_BYTES = 64 * 2 ** 20;
const BPE = 2;
/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

type Field = { readonly number: number; readonly value: number | Uint8Array };

/**
 * Reads tokenizer.model.
 * @throws MODEL_INVALID if it is damaged, UNSUPPORTED if it is not a BPE model
 */
export async function readSentencePiece(path: string): Promise<SentencePieceModel> {
  const bytes = await readSmallFile(path, MAX_MODEL_BYTES);
  try {
    return parseModel(bytes, path);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new AppError("MODEL_INVALID", `${path} is damaged: ${cause.message}.`, {
        hint: "Download the file again; a file of about 130 bytes is a Git LFS pointer.",
        cause,
      });
    throw cause;
  }
}

function parseModel(bytes: Uint8Array, path: string): SentencePieceModel {
  const pieces: Piece[] = [];
  const trainer = { type: 1, unk: 0, bos: 1, eos: 2, pad: -1 };
  let addsSpacePrefix = true;
  for (const { number, value } of fields(bytes)) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === 1) pieces.push(parsePiece(value));
    if (pieces.length > MAX_VOCABULARY) throw new RangeError(`it has more than ${MAX_VOCABULARY} pieces`);
    if (number === 2) Object.assign(trainer, parseTrainer(value));
    if (number === 3)
      for (const spec of fields(value)) if (spec.number === 3) addsSpacePrefix = spec.value !== 0;
  }
  if (pieces.length === 0) throw new RangeError("it holds no pieces");
  const odd = pieces.findIndex(({ score, type }) => !Number.isFinite(score) || !TYPES.has(type));
  if (odd >= 0) throw new RangeError(`piece ${odd} has a score or type that there is not`);
  if (trainer.type !== BPE)
    throw new AppError(
      "UNSUPPORTED",
      `${path} is not a BPE model; llama.cpp would split texts another way.`,
      {
        hint: "Mixtral, Mistral, Llama 2 and TinyLlama have BPE models.",
      },
    );
  const { unk, bos, eos, pad } = trainer;
  return { pieces, addsSpacePrefix, unk, bos, eos, pad };
}

function parsePiece(message: Uint8Array): Piece {
  let text = new Uint8Array();
  let score = 0;
  let type: number = PIECE_TYPE.normal;
  for (const { number, value } of fields(message)) {
    if (number === 1 && value instanceof Uint8Array) text = new Uint8Array(value);
    if (number === 2 && typeof value === "number") score = floatOfBits(value);
    if (number === 3 && typeof value === "number") type = value;
  }
  return { text, score, type };
}

function parseTrainer(message: Uint8Array): Record<string, number> {
  const names: Readonly<Record<number, string>> = { 3: "type", 40: "unk", 41: "bos", 42: "eos", 43: "pad" };
  const found: Record<string, number> = {};
  for (const { number, value } of fields(message)) {
    const name = names[number];
    if (name !== undefined && typeof value === "number") found[name] = value | 0;
  }
  return found;
}

function floatOfBits(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** The fields of a message: byte strings as views, 32-bit values as their bits. Throws RangeError at the end of the bytes. */
function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number has no end");
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        // Negative ids are written with 64 bits.
        yield { number, value: Number(BigInt.asIntN(32, varint())) };
        break;
      case FIXED64:
        at += 8;
        break;
      case BYTES: {
        const length = Number(varint());
        if (length > bytes.length - at)
          throw new RangeError(`field ${number} has ${length} bytes, ${bytes.length - at} are left`);
        yield { number, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case FIXED32:
        yield { number, value: view.getUint32(at, true) };
        at += 4;
        break;
      default:
        throw new RangeError(`field ${number} has the unknown wire type ${tag % 8}`);
    }
  }
}
