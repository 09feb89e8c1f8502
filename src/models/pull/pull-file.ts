/** One file: find what is there, fetch what is missing, check it, give it its name. */

import { stat } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import type { FileFacts } from "./file-facts.ts";
import { hashFile } from "./hash-file.ts";
import type { HttpClient } from "./http-client.ts";
import { finishPart, openPart, partPath, removePart } from "./part-file.ts";
import type { RetryPolicy } from "./retry.ts";
import type { SourceFile } from "./source.ts";
import { transfer } from "./transfer.ts";

/** What is told while a file is pulled; counts are of this file, in bytes. */
export interface PullProgress {
  onProgress(stage: "pull" | "check", done: number, resumed: number): void;
  onNote(message: string): void;
}

export interface PullFileOptions extends PullProgress {
  readonly client: HttpClient;
  readonly file: SourceFile;
  readonly facts: FileFacts;
  /** Absolute. */
  readonly target: string;
  readonly connections: number;
  readonly rangeBytes: number;
  readonly retry: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
}

export interface PulledFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Hex, of the file as it is on the disk; undefined for a file that was there and that nobody has a hash of. */
  readonly sha256: string | undefined;
  /** Whether the hash was known before and compared, or the size alone. */
  readonly verified: "sha256" | "size";
  /** Bytes that an earlier call had brought; all of them when the file was there. */
  readonly resumedFrom: number;
  readonly alreadyThere: boolean;
}

/**
 * Pulls a file whose facts are known. The lock on `target` is the caller's.
 * @throws AppError USAGE when another file has the name, MODEL_INVALID for a wrong hash (nothing is kept then),
 *   DISK_FULL, DATA_UNAVAILABLE, CANCELLED (what came is kept)
 */
export async function pullFile(options: PullFileOptions): Promise<PulledFile> {
  const { file, facts, target, onProgress, onNote, signal } = options;
  const there = await stat(target).catch(() => undefined);
  if (there !== undefined) return checkExisting(options, there.size);
  const part = await openPart(target, facts, options.rangeBytes);
  if (part.startedAnew !== undefined)
    onNote(`${file.fileName} is pulled from its beginning again: ${part.startedAnew}.`);
  let done = part.resumedFrom;
  onProgress("pull", done, part.resumedFrom);
  const onBytes = (bytes: number) => {
    done += bytes;
    onProgress("pull", done, part.resumedFrom);
  };
  const { client, connections, retry } = options;
  const { url, fileName } = file;
  try {
    await transfer({ client, url, fileName, facts, part, connections, retry, signal, onBytes, onNote });
  } finally {
    await part.close();
  }
  const sha256 = await checkHash(options, partPath(target), facts.size);
  if (facts.sha256 !== undefined && sha256 !== facts.sha256) {
    await removePart(target);
    throw wrongHash(fileName, facts.sha256, sha256);
  }
  await finishPart(target);
  const verified = facts.sha256 === undefined ? "size" : "sha256";
  return {
    path: target,
    bytes: facts.size,
    sha256,
    verified,
    resumedFrom: part.resumedFrom,
    alreadyThere: false,
  };
}

async function checkHash(
  { onProgress, signal }: PullFileOptions,
  path: string,
  size: number,
): Promise<string> {
  const found = (await stat(path)).size;
  if (found !== size)
    throw new AppError("MODEL_INVALID", `${path} has ${found} bytes, not ${size}.`, {
      hint: "Another program wrote to it; run the same command again.",
    });
  let read = 0;
  return hashFile(path, {
    signal,
    onBytes(bytes) {
      read += bytes;
      onProgress("check", read, 0);
    },
  });
}

async function checkExisting(options: PullFileOptions, size: number): Promise<PulledFile> {
  const { facts, target } = options;
  const isFile = size === facts.size;
  const sha256 = isFile && facts.sha256 !== undefined ? await checkHash(options, target, size) : undefined;
  if (!isFile || sha256 !== facts.sha256) {
    throw new AppError(
      "USAGE",
      `There is another file at ${target}: ${isFile ? "its hash" : "its size"} differs.`,
      {
        hint: "Move it away, or choose another name with --output.",
        details: { size, expected: facts.size, sha256, expectedSha256: facts.sha256 },
      },
    );
  }
  const verified = facts.sha256 === undefined ? "size" : "sha256";
  return { path: target, bytes: size, sha256, verified, resumedFrom: size, alreadyThere: true };
}

function wrongHash(fileName: string, expected: string, found: string): AppError {
  return new AppError(
    "MODEL_INVALID",
    `${fileName} arrived damaged: its SHA-256 is ${found}, not ${expected}.`,
    {
      hint: "Nothing of it was kept; pull it again. If it happens twice, a proxy or mirror changes the file: use another.",
      details: { expected, found },
    },
  );
}
