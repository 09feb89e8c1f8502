/** `assay serve`: puts the server together, listens until told to stop, and ends it in order. */

import { join, resolve } from "node:path";
import { apiKey } from "../../config.ts";
import { AppError } from "../../errors.ts";
import type { FleetEntry } from "../../fleet/index.ts";
import { createRouter, findPolicy, openRouteLog, routeLogPath } from "../../route/index.ts";
import {
  createApp,
  createDispatch,
  createMetrics,
  createSessionCache,
  createStoredGuards,
  digestKeys,
  isLoopback,
  listen,
  parseOrigin,
  type ServerMetrics,
  shutDown,
} from "../../server/index.ts";
import type { Store } from "../../store/index.ts";
import type { CliContext } from "../context.ts";
import { VERSION } from "../version.ts";
import { withStore } from "../with-store.ts";
import { announceJson, announceText } from "./announce.ts";
import { readApiKeys } from "./api-keys.ts";
import { fleetBudget } from "./entries-sources.ts";
import { onHangUp } from "./on-hang-up.ts";
import { gpuMemory, openFleet } from "./open-fleet.ts";
import type { ServeOptions } from "./serve-options.ts";
import { servedEntries, withFreshSettings } from "./served-entries.ts";

/**
 * Serves until the context's signal.
 * @returns 0 when all answers could end, 1 when some were cut off
 * @throws CONFIG for an address that is taken, or open to others without a key
 */
export async function runServe(
  context: CliContext,
  options: ServeOptions,
  models: readonly string[],
): Promise<number> {
  const { logger } = context;
  const keys = readApiKeys({
    file: options.apiKeyFile,
    environment: apiKey(),
    onWarning: (message) => logger.warn(message),
  });
  if (keys.length === 0 && !isLoopback(options.host)) throw openToAll(options.host);
  // Everything that is wrong with the flags is found before a model is looked at.
  const cors = (options.cors ?? []).map(parseOrigin);
  const policy = findPolicy(options.policy);
  const entries = await servedEntries(context, options, models);
  return withStore(context, (store) =>
    serve(context, options, { keys, cors, policy, entries, models, store }),
  );
}

interface Parts {
  readonly keys: readonly string[];
  readonly cors: readonly string[];
  readonly policy: ReturnType<typeof findPolicy>;
  readonly entries: readonly FleetEntry[];
  /** MODEL arguments, for when they are looked up again. */
  readonly models: readonly string[];
  readonly store: Store;
}

async function serve(context: CliContext, options: ServeOptions, parts: Parts): Promise<number> {
  const { config, logger, terminal, signal, json } = context;
  const { keys, cors, policy, store } = parts;
  let metrics: ServerMetrics | undefined;
  const fleet = await openFleet(context, options, parts.entries, () => metrics);
  const onWarning = (message: string) => logger.warn(message);
  const routeLog = openRouteLog(routeLogPath(resolve(config.store)), { onWarning });
  const sessionBytes = fleetBudget({ serveMemory: options.sessions }) ?? 0;
  const sessions =
    sessionBytes > 0
      ? createSessionCache({ folder: join(config.cacheDir, "sessions"), maxBytes: sessionBytes, logger })
      : undefined;
  try {
    metrics = createMetrics({ fleet, version: VERSION, gpus: gpuMemory(context) });
    const dispatch = createDispatch({
      fleet,
      findGuard: createStoredGuards({ store, logger }),
      sessions,
      router: createRouter(policy),
      policy: policy.name,
      routeLog,
      guard: options.guard,
    });
    const { app, traces } = createApp(
      { dispatch, fleet, store, metrics, logger, guard: options.guard, version: VERSION, closing: signal },
      { host: options.host, keys: digestKeys(keys), cors, maxBodyBytes: options.maxBody },
    );
    const listening = await listen(app, { host: options.host, port: options.port, logger });
    const said = {
      url: listening.url,
      models: fleet.models(),
      options,
      wantsKey: keys.length > 0,
      budget: fleet.memory().budget,
    };
    terminal.print(json ? announceJson(said) : announceText(said));
    const hangUp = onHangUp(context, async () => {
      const entries = await servedEntries(withFreshSettings(context), options, parts.models);
      await fleet.reload(entries);
      return entries.map(({ id, aliases }) => [id, ...aliases].join(" = "));
    });
    await aborted(signal);
    hangUp.close();
    const graceMs = options.grace * 1_000;
    const end = await shutDown({ traces, fleet, sessions, listening, graceMs });
    if (end === "cancelled") logger.warn(`Answers were cut off after ${options.grace} s.`);
    else logger.info("All answers have ended.");
    return end === "finished" ? 0 : 1;
  } finally {
    metrics?.close();
    await fleet.close();
    await routeLog.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function openToAll(host: string): AppError {
  return new AppError("CONFIG", `Others could reach ${host}, and no key protects the server.`, {
    hint: "Give --api-key-file FILE or ASSAY_API_KEY, or leave --host out to serve this machine alone.",
  });
}
