/** Where a command finds the models that it is to serve, and the memory that they may take. */

import type { Config } from "../../config.ts";
import { CATALOGUE, findInstalled } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { installFolders } from "../models/install-folders.ts";
import { userEntries } from "../user-catalogue.ts";
import { findModel } from "../with-model.ts";
import type { EntrySources } from "./entries.ts";
import { defaultModels } from "./entries-catalogue.ts";

/** The sources of fleetEntries() on this machine. */
export function entrySources(context: CliContext): EntrySources {
  const { config, logger, resolved } = context;
  const onWarning = (message: string) => logger.warn(message);
  return {
    find: (model) => findModel(context, { argument: model, options: {} }),
    // A default that somebody chose is what every command takes when none is named.
    findDefaults: async () =>
      resolved.origins.model.source === "default"
        ? defaultModels(CATALOGUE, (entry) => findInstalled(entry, installFolders(config)), onWarning)
        : [config.model],
    userEntries: userEntries(),
    onWarning,
  };
}

const UNITS = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;
const DECIMAL = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const;

/**
 * Bytes that all served models may take; undefined: what is free.
 *
 * @example fleetBudget({ serveMemory: "24GiB" }) // 25769803776; "24G" is the same, "24GB" are 24e9
 */
export function fleetBudget({ serveMemory }: Pick<Config, "serveMemory">): number | undefined {
  const [, amount, letter = "", unit = ""] = /^([\d.]+)\s?([KMGT])(i?B)?$/i.exec(serveMemory) ?? [];
  if (amount === undefined) return undefined;
  const scale = unit.toLowerCase() === "b" ? DECIMAL : UNITS;
  return Math.floor(Number(amount) * scale[letter.toUpperCase() as keyof typeof scale]);
}

/** Milliseconds after which an idle model is unloaded. */
export function idleTime({ serveIdle }: Pick<Config, "serveIdle">): number {
  return serveIdle === 0 ? Number.POSITIVE_INFINITY : 1_000 * serveIdle;
}
