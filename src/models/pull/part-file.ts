/**
 * A file that is not complete: its bytes in TARGET.part, and in TARGET.part.json which of them are there. What the
 * second says is on the disk when it is said, so a kill or a power cut costs what came after the last note of it.
 */

import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { FileFacts } from "./file-facts.ts";

const stateSchema = z.strictObject({
  schema: z.literal(1),
  size: z.int().min(1),
  sha256: z.string().optional(),
  etag: z.string().optional(),
  rangeBytes: z.int().min(1),
  /** Bytes of each range that are there, from the range's start. */
  done: z.array(z.int().min(0)),
});

type PartState = z.infer<typeof stateSchema>;

export interface PartFile {
  readonly size: number;
  readonly rangeBytes: number;
  /** Bytes of each range that are written; the transfer counts them up. */
  readonly done: number[];
  /** Bytes that an earlier call had brought. */
  readonly resumedFrom: number;
  /** Why what was there could not be used; undefined when it was, or when nothing was. */
  readonly startedAnew: string | undefined;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Writes down what is there; the bytes first. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export const partPath = (target: string) => `${target}.part`;
const statePath = (target: string) => `${target}.part.json`;
/** Least time between two notes of the state: each waits for the disk. */
const SAVE_EVERY_MS = 1_000;

/**
 * Opens what is there of a file, or begins it.
 * @param rangeBytes of a new file; one that goes on keeps its own
 * @throws AppError DISK_FULL, DATA_UNAVAILABLE where the folder cannot be written
 */
export async function openPart(target: string, facts: FileFacts, rangeBytes: number): Promise<PartFile> {
  const found = await readState(target);
  const startedAnew = found && reasonToStartAnew(found, facts);
  const goesOn = found !== undefined && startedAnew === undefined;
  const state = goesOn ? found : newState(facts, rangeBytes);
  const file = await open(partPath(target), goesOn ? "r+" : "w").catch((error) => {
    throw writeError(error, target);
  });
  let savedAt = performance.now();
  let saving: Promise<void> | undefined;
  const save = async () => {
    await saving?.catch(() => undefined);
    const text = JSON.stringify({ ...state, etag: facts.etag, sha256: facts.sha256 });
    await file.datasync();
    await writeState(target, text);
  };
  return {
    size: state.size,
    rangeBytes: state.rangeBytes,
    done: state.done,
    resumedFrom: state.done.reduce((sum, bytes) => sum + bytes, 0),
    startedAnew,
    async write(bytes, position) {
      try {
        await writeAll(file, bytes, position);
        if (saving !== undefined || performance.now() - savedAt < SAVE_EVERY_MS) return;
        saving = save().finally(() => {
          saving = undefined;
          savedAt = performance.now();
        });
        await saving;
      } catch (error) {
        throw writeError(error, target);
      }
    },
    save,
    close: () => file.close(),
  };
}

/** Bytes of a file that are on this disk already. */
export async function bytesThere(target: string): Promise<number> {
  const state = await readState(target);
  return state?.done.reduce((sum, bytes) => sum + bytes, 0) ?? 0;
}

/** Gives a complete part its name. */
export async function finishPart(target: string): Promise<void> {
  const file = await open(partPath(target), "r+");
  await file.sync().finally(() => file.close());
  await rename(partPath(target), target);
  await rm(statePath(target), { force: true });
}

/** Throws a part away. */
export async function removePart(target: string): Promise<void> {
  await rm(partPath(target), { force: true });
  await rm(statePath(target), { force: true });
}

function newState({ size, ranges }: FileFacts, wanted: number): PartState {
  // A server without ranges sends the whole file, so there is one range.
  const rangeBytes = ranges ? Math.min(wanted, size) : size;
  return { schema: 1, size, rangeBytes, done: new Array<number>(Math.ceil(size / rangeBytes)).fill(0) };
}

/** A state that cannot be read is as good as none: it is ours, and the file is pulled again. */
async function readState(target: string): Promise<PartState | undefined> {
  try {
    const state = stateSchema.parse(JSON.parse(await readFile(statePath(target), "utf8")));
    const { size, rangeBytes, done } = state;
    const fits = (bytes: number, index: number) => bytes <= Math.min(rangeBytes, size - index * rangeBytes);
    if (done.length !== Math.ceil(size / rangeBytes) || !done.every(fits)) return undefined;
    const file = await open(partPath(target), "r");
    const written = (await file.stat().finally(() => file.close())).size;
    // Who shortened the part took bytes away that the state believes in.
    return written >= lastByte(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

function lastByte({ done, rangeBytes }: PartState): number {
  const last = done.findLastIndex((bytes) => bytes > 0);
  return last === -1 ? 0 : last * rangeBytes + done[last]!;
}

function reasonToStartAnew(state: PartState, { size, sha256, etag, ranges }: FileFacts): string | undefined {
  if (state.done.every((bytes) => bytes === 0)) return undefined;
  if (state.size !== size) return "the file at the server has another size now";
  if (
    !ranges &&
    state.done.some((bytes, index) => bytes < Math.min(state.rangeBytes, size - index * state.rangeBytes))
  )
    return "the server sends whole files only";
  if (state.sha256 !== undefined && sha256 !== undefined)
    return state.sha256 === sha256 ? undefined : "the file at the server has another hash now";
  if (state.etag === undefined || etag === undefined)
    return "the server does not say whether the file is still the same";
  return state.etag === etag ? undefined : "the file at the server is another one now";
}

async function writeState(target: string, text: string): Promise<void> {
  const draft = `${statePath(target)}.new`;
  const file = await open(draft, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, statePath(target));
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.length - offset, position + offset);
    offset += bytesWritten;
  }
}

function writeError(error: unknown, target: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return new AppError("DISK_FULL", `The disk filled up while ${target} was pulled.`, {
      hint: "Free some space and run the same command again: it goes on where it was.",
      cause: error,
    });
  if (code === undefined) return error;
  return new AppError("DATA_UNAVAILABLE", `${target} cannot be written: ${message}.`, {
    hint: "Choose another place with --output.",
    cause: error,
  });
}
