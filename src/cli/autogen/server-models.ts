/** Models of a running server, as it lists them. */

import { openSession, readModelsList, type ServerTarget } from "../../conformance/index.ts";
import { isAppError } from "../../errors.ts";
import type { AgentModel } from "./agent-model.ts";

/** A list is short; a server that loads a model meanwhile answers it all the same. */
const TIMEOUT_MS = 5_000;

export interface ServerModelsOptions {
  readonly target: ServerTarget;
  readonly key?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks for /v1/models, other names of a model included.
 * @returns undefined where nothing listens
 * @throws USAGE for a server that names no model, or wants a key; CANCELLED
 */
export async function serverModels(
  options: ServerModelsOptions,
): Promise<readonly ListedAgent[] | undefined> {
  try {
    const { models } = await openSession({ ...options, timeoutMs: TIMEOUT_MS });
    return isAppError(models) ? undefined : readModelsList(models.json);
  } catch (error) {
    if (isAppError(error) && error.code === "DATA_UNAVAILABLE") return undefined;
    throw error;
  }
}

export interface ListedAgent extends AgentModel {
  readonly aliasOf: string | undefined;
}
