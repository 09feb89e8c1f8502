/** The user's own catalogue entries, as the command line finds them. */

import { dirname, join } from "node:path";
import { configFiles } from "../config.ts";
import type { CatalogueEntry } from "../models/index.ts";
import { readUserEntries, USER_CATALOGUE } from "../models/index.ts";

/** Files of entries: beside the configuration in force, where new ones go, then beside the user's own. */
export function userCatalogueFiles(): string[] {
  const { inForce, own } = configFiles();
  return [...new Set([inForce ?? own, own])].map((file) => join(dirname(file), USER_CATALOGUE));
}

/**
 * All of the user's entries; those of the configuration in force win.
 * @throws AppError CONFIG for a damaged file
 */
export function userEntries(): CatalogueEntry[] {
  const byName = new Map<string, CatalogueEntry>();
  for (const entry of userCatalogueFiles().reverse().flatMap(readUserEntries)) byName.set(entry.name, entry);
  return [...byName.values()];
}
