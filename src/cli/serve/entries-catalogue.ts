/** What the catalogue says of models that are to be served: their names, and those that are here. */

import { basename } from "node:path";
import { type CatalogueEntry, findEntry, type ResolvedModel } from "../../models/index.ts";

/** What `assay models repair` adds to a file's name. */
const REPAIRED = /[.-]repaired(?=(\.gguf)?$)/;

/** The entry that a MODEL names, or that its file is one of; a repaired file stands for what it was made from. */
export function catalogueName(
  model: string,
  { path, origin }: Pick<ResolvedModel, "path" | "origin">,
  userEntries: readonly CatalogueEntry[],
): string | undefined {
  if (origin === "folder") return undefined;
  const named = findEntry(model, userEntries);
  return (named ?? findEntry(basename(path).replace(REPAIRED, ""), userEntries))?.name;
}

/**
 * The line of models that an entry belongs to, whatever its quantisation and conversion: requests that ask for
 * Mixtral mean the one that is here.
 *
 * @example lineOf("mixtral-8x7b-instruct-2023-q5_k_m") // "mixtral-8x7b-instruct"
 */
export function lineOf(name: string): string {
  return name.replace(/-(q\d\w*|bf16|f16|f32)$/, "").replace(/-2023$/, "");
}

/**
 * Models that are here, for a server that was told none: Mixtral and TinyLlama, each in the first quantisation that is
 * installed, else the bundled pair.
 *
 * @param installed the entry's file, if it is on this disk
 * @param onWarning told of a file that would be taken, were it repaired
 */
export async function defaultModels(
  catalogue: readonly CatalogueEntry[],
  installed: (entry: CatalogueEntry) => Promise<string | undefined>,
  onWarning: (message: string) => void,
): Promise<string[]> {
  const models: string[] = [];
  for (const line of ["mixtral-8x7b-instruct", "tinyllama-1.1b-chat"]) {
    for (const entry of catalogue.filter(({ name }) => lineOf(name) === line)) {
      const path = await installed(entry);
      if (path === undefined) continue;
      if (entry.needsRepair && !REPAIRED.test(basename(path))) {
        onWarning(`${path} is not served: it wants \`assay models repair\` first.`);
        continue;
      }
      models.push(entry.name);
      break;
    }
  }
  return models.length > 0 ? models : ["lab-moe", "lab-dense"];
}
