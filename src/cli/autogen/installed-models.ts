/** Models that `assay serve` would serve, from settings and file headers; nothing is loaded. */

import { defaultContext } from "../../engine/index.ts";
import { describeModel, readGguf } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { fleetEntries } from "../serve/entries.ts";
import { entrySources } from "../serve/entries-sources.ts";
import type { ListedAgent } from "./server-models.ts";

/** @throws CONFIG, MODEL_NOT_FOUND, MODEL_INVALID */
export async function installedModels(context: CliContext): Promise<readonly ListedAgent[]> {
  const models: ListedAgent[] = [];
  for (const entry of await fleetEntries({}, context.config, entrySources(context))) {
    const tokens = entry.context ?? defaultContext(describeModel(await readGguf(entry.path)).contextTrained);
    const facts = { context: tokens, tier: entry.tier };
    models.push({ id: entry.id, ...facts, aliasOf: undefined });
    for (const id of entry.aliases) models.push({ id, ...facts, aliasOf: entry.id });
  }
  return models;
}
