/** The catalogue: models by name, those that Assay knows and those that the user added. */

import { modelStem } from "../gguf/shard-names.ts";
import { BUILT_IN_ENTRIES } from "./built-in-entries.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";

/** The models that Assay knows without being told. */
export const CATALOGUE = BUILT_IN_ENTRIES;

/**
 * Other names of the same entries. Those with `local-` are the model ids of the former Python system, which its
 * projects still write into their settings.
 */
export const CATALOGUE_ALIASES: Readonly<Record<string, string>> = {
  "tinyllama-1.1b-chat": "tinyllama-1.1b-chat-q4_k_m",
  "local-tinyllama-1.1b-chat": "tinyllama-1.1b-chat-q4_k_m",
  "mixtral-8x7b-instruct": "mixtral-8x7b-instruct-q4_k_m",
  "local-mixtral-8x7b-instruct": "mixtral-8x7b-instruct-q4_k_m",
  "mixtral-8x7b-instruct-2023": "mixtral-8x7b-instruct-2023-q4_k_m",
};

/**
 * The entry of that name or alias, whatever its case, or of exactly that file name: Mixtral's two conversions differ
 * there in nothing but case.
 * @param extra the user's own entries (readUserEntries)
 *
 * @example findEntry("local-mixtral-8x7b-instruct")?.quantisation // "Q4_K_M"
 */
export function findEntry(name: string, extra: readonly CatalogueEntry[] = []): CatalogueEntry | undefined {
  const wanted = name.toLowerCase();
  const full = Object.hasOwn(CATALOGUE_ALIASES, wanted) ? CATALOGUE_ALIASES[wanted] : wanted;
  const all = [...CATALOGUE, ...extra];
  return (
    all.find((entry) => entry.name.toLowerCase() === full) ??
    all.find(({ files }) => files.some(({ path }) => [path, modelStem(path)].includes(name)))
  );
}
