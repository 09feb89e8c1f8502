/** The route log that a command names, or the one beside the store. */

import { resolve } from "node:path";
import { AppError } from "../../errors.ts";
import { type RouteLogEntry, readRouteLog, routeLogPath } from "../../route/index.ts";
import type { CliContext } from "../context.ts";

export interface LogOptions {
  log?: string;
}

/**
 * Reads it; lines that are no entries are told and left out.
 * @throws AppError DATA_UNAVAILABLE if there is no entry
 */
export async function readLog(
  { config, logger }: CliContext,
  { log }: LogOptions,
): Promise<{ path: string; entries: readonly RouteLogEntry[]; skipped: number }> {
  const path = log ?? routeLogPath(resolve(config.store));
  const { entries, skipped } = await readRouteLog(path);
  if (skipped > 0)
    logger.warn(`${skipped} lines of ${path} are no entries of a route log and were left out.`);
  if (entries.length === 0)
    throw new AppError("DATA_UNAVAILABLE", `The route log ${path} has no entries.`, {
      hint: 'They come when `assay serve` answers requests for the model "auto".',
    });
  return { path, entries, skipped };
}
