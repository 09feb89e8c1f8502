/**
 * Large files are written beside their final name and renamed when complete: whoever sees the name sees a
 * whole file, whenever the process was killed.
 */

import { rmSync } from "node:fs";
import { open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../errors.ts";
import { processExists } from "../process-identity.ts";

export interface OutputFileOptions {
  /** Bytes the file will have, as far as known; checked against the free space first. */
  readonly expectedBytes: number;
}

/**
 * Lets `write` fill a temporary file next to `output` and puts it in place when that succeeded. An existing
 * file is replaced only then. What earlier killed processes left for this name is removed.
 * @throws DISK_FULL before or while writing; whatever `write` throws
 */
export async function writeOutputFile(
  output: string,
  { expectedBytes }: OutputFileOptions,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(resolve(output));
  await removeLeftovers(folder, basename(output));
  await assertFreeSpace(folder, expectedBytes, output);
  const temporary = join(folder, `${basename(output)}.partial-${process.pid}`);
  // A second Ctrl-C ends the process in the middle of writing.
  const removeAtExit = () => rmSync(temporary, { force: true });
  process.once("exit", removeAtExit);
  try {
    await write(temporary);
    await flush(temporary);
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asDiskFull(error, output);
  } finally {
    process.off("exit", removeAtExit);
  }
}

/**
 * Refuses to begin what cannot end.
 * @throws DISK_FULL if the folder's disk has less room; DATA_UNAVAILABLE if there is no such folder
 */
export async function assertFreeSpace(folder: string, bytes: number, what: string): Promise<void> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The folder ${folder} cannot be used: ${(cause as Error).message}.`,
      {
        hint: "Create it, or choose another place for the output.",
        cause,
      },
    );
  }
  if (free >= bytes) return;
  throw new AppError(
    "DISK_FULL",
    `${what} needs ${gibibytes(bytes)}, but ${folder} has ${gibibytes(free)} free.`,
    {
      hint: "Free some space or choose another disk.",
      details: { needed: bytes, free },
    },
  );
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeLeftovers(folder: string, name: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries) {
    if (!entry.startsWith(`${name}.partial-`)) continue;
    const pid = Number(entry.slice(`${name}.partial-`.length));
    if (Number.isInteger(pid) && !processExists(pid)) await rm(join(folder, entry), { force: true });
  }
}

function asDiskFull(error: unknown, output: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new AppError("DISK_FULL", `The disk filled up while ${output} was written; nothing is left of it.`, {
    hint: "Free some space or choose another disk.",
    cause: error,
  });
}
