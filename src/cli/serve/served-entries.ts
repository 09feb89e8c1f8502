/** The models to serve by flags and settings, at the start and again when the settings are read anew. */

import { CONFIG_KEYS, type ConfigKey, loadConfig, type ResolvedConfig } from "../../config.ts";
import type { FleetEntry } from "../../fleet/index.ts";
import type { CliContext } from "../context.ts";
import { fleetEntries } from "./entries.ts";
import { entrySources } from "./entries-sources.ts";
import type { ServeOptions } from "./serve-options.ts";

/** @throws CONFIG, USAGE, MODEL_NOT_FOUND, MODEL_INVALID */
export async function servedEntries(
  context: CliContext,
  { small, large, alias, preload }: ServeOptions,
  models: readonly string[],
): Promise<FleetEntry[]> {
  const wishes = { models, small, large, aliases: alias };
  const entries = await fleetEntries(wishes, context.config, entrySources(context));
  return preload ? entries.map((entry) => ({ ...entry, pinned: true })) : entries;
}

/**
 * The context with the settings as files and environment have them now; what flags said stays.
 * @throws CONFIG
 */
export function withFreshSettings(context: CliContext): CliContext {
  const resolved = loadConfig({ flags: flagValues(context.resolved) });
  return { ...context, config: resolved.values, resolved };
}

function flagValues({ values, origins }: ResolvedConfig): Partial<Record<ConfigKey, never>> {
  const given = CONFIG_KEYS.filter((key) => origins[key].source === "flag");
  return Object.fromEntries(given.map((key) => [key, values[key]]));
}
