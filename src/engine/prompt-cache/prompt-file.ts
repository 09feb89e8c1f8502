/**
 * A computed prompt as a file. Little endian: a header of 64 bytes, the prompt's ids as int32, llama.cpp's bytes of
 * its cells, and SHA-256 over all of that. The header: magic (8 bytes), version (u32), number of ids (u32), the
 * model's fingerprint (32 bytes), the cache's number type (8 bytes of ASCII), bytes of cells (u64).
 */

import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { AppError, isAppError } from "../../errors.ts";
import { writeOutputFile } from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";

export interface SavedPrompt {
  readonly tokens: readonly number[];
  /** The cells, as llama.cpp writes them. */
  readonly state: Uint8Array;
}

/** What a saved prompt belongs to. */
export interface PromptFileKey {
  /** SHA-256, hex. */
  readonly fingerprint: string;
  /** "f16", "q8_0". */
  readonly kvType: string;
  /** Number of token ids. */
  readonly vocabulary: number;
}

export interface PromptFileLimits {
  readonly maxTokens: number;
  /** Bytes that the cells of so many tokens have; asked only for a file whose header is right. */
  stateBytes(tokens: number): Promise<number>;
}

const MAGIC = "ASSAY-KV";
const VERSION = 1;
const HEADER_BYTES = 64;
const HASH_BYTES = 32;
/** Hashed and read or written at a time: some 2 ms of the event loop. */
const PIECE_BYTES = 2 ** 21;

/**
 * Writes the file beside its name and renames it; only its owner may read it.
 * @returns its size
 * @throws DISK_FULL, STORE
 */
export async function writePromptFile(
  path: string,
  key: PromptFileKey,
  prompt: SavedPrompt,
): Promise<number> {
  const ids = Int32Array.from(prompt.tokens);
  const head = Buffer.concat([encodeHeader(key, prompt), Buffer.from(ids.buffer)]);
  const bytes = head.length + prompt.state.length + HASH_BYTES;
  try {
    await writeOutputFile(path, { expectedBytes: bytes }, async (temporary) => {
      const hash = createHash("sha256");
      // A prompt is what somebody has said.
      const file = await open(temporary, "w", 0o600);
      try {
        for (const part of [head, prompt.state])
          for (let at = 0; at < part.length; at += PIECE_BYTES) {
            const piece = part.subarray(at, at + PIECE_BYTES);
            hash.update(piece);
            await file.writeFile(piece);
          }
        await file.writeFile(hash.digest());
      } finally {
        await file.close();
      }
    });
  } catch (cause) {
    if (isAppError(cause) && cause.code === "DISK_FULL") throw cause;
    throw new AppError("STORE", `The prompt cannot be saved as ${visibleToken(path)}.`, { cause });
  }
  return bytes;
}

/**
 * Reads a file that may hold anything: sizes are compared with the file's before memory is taken for them.
 * @throws DATA_UNAVAILABLE for every file that writePromptFile did not write for this model; CONTEXT_FULL for one
 * with more tokens than `maxTokens`; whatever `limits` throw
 */
export async function readPromptFile(
  path: string,
  key: PromptFileKey,
  limits: PromptFileLimits,
): Promise<SavedPrompt & { readonly bytes: number }> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    if (size < HEADER_BYTES + HASH_BYTES) throw unusable(path, "it is too short");
    const hash = createHash("sha256");
    const next = async (bytes: number) => {
      const part = await readExactly(file, bytes, (piece) => hash.update(piece));
      return part ?? Promise.reject(unusable(path, "it is shorter than it was"));
    };
    const header = decodeHeader(await next(HEADER_BYTES));
    if (typeof header === "string") throw unusable(path, header);
    const { count, stateBytes } = header;
    if (header.fingerprint !== key.fingerprint) throw unusable(path, "it was saved for another model");
    if (header.kvType !== key.kvType)
      throw unusable(path, "it was saved from a cache of another number type");
    if (size !== HEADER_BYTES + 4 * count + stateBytes + HASH_BYTES)
      throw unusable(path, "its size is wrong");
    if (count > limits.maxTokens)
      throw new AppError(
        "CONTEXT_FULL",
        `The saved prompt has ${count} tokens; the context holds ${limits.maxTokens}.`,
        { hint: "Open the model with a larger --context.", details: { path, tokens: count } },
      );
    if (stateBytes !== (await limits.stateBytes(count))) throw unusable(path, "its cells have another size");
    const ids = await next(4 * count);
    const tokens = Array.from({ length: count }, (_, at) => ids.readInt32LE(4 * at));
    const state = await next(stateBytes);
    const wanted = hash.digest();
    const found = await readExactly(file, HASH_BYTES, () => {});
    if (!found?.equals(wanted)) throw unusable(path, "its checksum does not match");
    if (tokens.some((id) => id < 0 || id >= key.vocabulary))
      throw unusable(path, "its ids are not the model's");
    return { tokens, state, bytes: size };
  } finally {
    await file.close();
  }
}

/** A file that cannot be used, and why. */
export function unusable(path: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    "DATA_UNAVAILABLE",
    `The saved prompt ${visibleToken(path)} cannot be used: ${reason}.`,
    {
      hint: "Delete it; the prompt is computed again when it is needed.",
      details: { path },
      cause,
    },
  );
}

function encodeHeader(key: PromptFileKey, { tokens, state }: SavedPrompt): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 0, "latin1");
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(tokens.length, 12);
  header.write(key.fingerprint, 16, "hex");
  header.write(key.kvType, 48, "latin1");
  header.writeBigUInt64LE(BigInt(state.length), 56);
  return header;
}

function decodeHeader(header: Buffer) {
  if (header.toString("latin1", 0, 8) !== MAGIC) return "it is not a saved prompt";
  const version = header.readUInt32LE(8);
  if (version !== VERSION) return `it has version ${version}, not ${VERSION}`;
  const count = header.readUInt32LE(12);
  if (count === 0) return "it holds no token";
  return {
    count,
    fingerprint: header.toString("hex", 16, 48),
    kvType: header.toString("latin1", 48, 56).replace(/\0+$/, ""),
    stateBytes: Number(header.readBigUInt64LE(56)),
  };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
    return await open(path, "r");
  } catch (cause) {
    throw unusable(path, (cause as Error).message, cause);
  }
}

/** So many bytes, in memory that does not move; undefined where the file ends before. */
async function readExactly(
  file: FileHandle,
  bytes: number,
  onPiece: (piece: Uint8Array) => void,
): Promise<Buffer | undefined> {
  const part = Buffer.from(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(part, at, Math.min(PIECE_BYTES, bytes - at));
    if (bytesRead === 0) return undefined;
    onPiece(part.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return part;
}
