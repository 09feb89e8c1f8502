/** Writes a result file whole or not at all, and finds out early that it cannot be written. */

import { accessSync, constants, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../errors.ts";

/**
 * Puts the text beside the target and renames it, so that a full disk or Ctrl-C never leaves half a file.
 * @param mode of the file; 0o600 for what is nobody else's business
 * @throws AppError DISK_FULL, DATA_UNAVAILABLE when the place cannot be written
 */
export function writeOutput(path: string, text: string, mode = 0o666): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { mode });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
      throw new AppError("DISK_FULL", `No room to write ${path}.`, {
        hint: "Free some space; stored runs are safe.",
        cause,
      });
    }
    throw new AppError("DATA_UNAVAILABLE", `The file ${path} cannot be written: ${message}.`, { cause });
  }
}

/**
 * Finds out before an hour of work, not after it, that a result cannot be written.
 * @throws AppError USAGE
 */
export function checkWritable(...files: readonly (string | undefined)[]): void {
  for (const file of files) {
    if (file === undefined) continue;
    try {
      accessSync(dirname(file), constants.W_OK);
    } catch (cause) {
      throw new AppError("USAGE", `${file} cannot be written: its folder is missing or read-only.`, {
        cause,
      });
    }
  }
}
