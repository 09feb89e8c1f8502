/** What a user of these entries has to know, beside them. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { AgentModels } from "./agent-model.ts";
import type { ConfigFormat } from "./config-entries.ts";

export interface WarningFacts extends AgentModels {
  readonly formats: readonly ConfigFormat[];
  readonly baseUrl: string;
  /** The server's address was given, not the default. */
  readonly isAsked: boolean;
  /** Of the environment variable that holds the key. */
  readonly apiKeyEnv: string | undefined;
  /** Folders in which AutoGen may have left its cache. */
  readonly folders: readonly string[];
}

export function configWarnings(facts: WarningFacts): readonly string[] {
  const { formats, models, source, baseUrl, isAsked, apiKeyEnv } = facts;
  const has = (...some: readonly ConfigFormat[]) => some.some((format) => formats.includes(format));
  const warnings: string[] = [];
  if (source === "installed") {
    const why = isAsked ? `${baseUrl} cannot be reached` : `no server answers at ${baseUrl}`;
    warnings.push(`The entries are for what \`assay serve\` would serve by its settings: ${why}.`);
  }
  for (const { id, context } of models)
    if (context === undefined)
      warnings.push(`The server does not tell the context of ${id}; max_tokens is a guess.`);
  const mistral = models.find(({ id }) => id.includes("mistral"));
  if (has("ag2") && mistral !== undefined)
    warnings.push(
      `AG2 turns system messages into a user's where "mistral" is in the id, as in ${mistral.id}; an alias without it avoids that.`,
    );
  if (apiKeyEnv !== undefined)
    warnings.push(
      `api_key is the name ${apiKeyEnv}: after loading, set it to os.environ["${apiKeyEnv}"] as docs/autogen.md shows.`,
    );
  const cache = has("0.2", "ag2") ? facts.folders.find(hasCache) : undefined;
  if (cache !== undefined)
    warnings.push(
      `AutoGen's cache is in ${join(cache, ".cache")}. Its key leaves out base_url, so old answers come back under an id that was used before; these entries use no cache, others may.`,
    );
  return warnings;
}

/** AutoGen keeps the answers of a cache_seed in .cache/SEED (autogen/cache/disk_cache.py). */
function hasCache(folder: string): boolean {
  try {
    const found = readdirSync(join(folder, ".cache"), { withFileTypes: true });
    return found.some((entry) => entry.isDirectory() && /^\d+$/.test(entry.name));
  } catch {
    return false;
  }
}
