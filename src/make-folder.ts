/** A folder and those above it. */

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * As mkdirSync with `recursive`, which in Node 20 never ends where a folder refuses children with ENOENT, as
 * those of /proc do.
 * @param mode of the folders that are made
 * @throws the system's error
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === "ENOENT" && above !== path && !isFolder(above)) {
      makeFolder(above, mode);
      mkdirSync(path, { mode });
    } else if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
