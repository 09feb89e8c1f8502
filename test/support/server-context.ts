// A server's context without processes: models that are scripted, a store in a temporary folder, one scripted answer.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnswerEvent } from "../../src/answer/index.ts";
import { createScriptedModel } from "../../src/engine/index.ts";
import { createFleet, type FleetEntry, unknownModel } from "../../src/fleet/index.ts";
import { createLogger, type LogLevel } from "../../src/logger.ts";
import { createMetrics, type Dispatch, type ServerContext } from "../../src/server/index.ts";
import { openStore } from "../../src/store/index.ts";
import { fakeEntry, fakeRunners } from "./fake-fleet.ts";

export interface FakeServer {
  readonly context: ServerContext;
  /** Lines of the log as objects. */
  readonly log: Record<string, unknown>[];
  readonly shutDown: AbortController;
  close(): Promise<void>;
}

/** What every request is answered with: two tokens of text. */
export const ANSWER: readonly AnswerEvent[] = [
  { type: "text", choice: 0, text: "Hello", tokens: [{ id: 5, text: "Hello" }] },
  { type: "text", choice: 0, text: " you", tokens: [{ id: 6, text: " you" }] },
  {
    type: "end",
    choice: 0,
    reason: "stop",
    usage: { promptTokens: 7, cachedTokens: 3, completionTokens: 2 },
    confidence: 0.9,
    ids: [5, 6],
    timings: { queued: 1, prompt: 2, generation: 3 },
  },
];

export interface FakeServerOptions {
  readonly entries?: readonly FleetEntry[];
  readonly level?: LogLevel;
  readonly dispatch?: Dispatch;
}

/** The dispatch that gives ANSWER as the first model that has the name. */
export function scriptedDispatch(fleet: ServerContext["fleet"]): Dispatch {
  return async ({ model, answer }) => {
    const served = fleet.find(model);
    if (served === undefined) throw unknownModel(model, fleet);
    return {
      served,
      model: createScriptedModel(),
      promptIds: [1, 2, 3, 4, 5, 6, 7],
      signal: answer.signal ?? new AbortController().signal,
      rewrites: [],
      guard: {
        mode: "off",
        source: undefined,
        findings: [],
        inTemplate: 0,
        replaced: 0,
        left: 0,
        bannedFromOutput: 0,
      },
      decision: undefined,
      escalations: [],
      events: (async function* () {
        yield* ANSWER;
      })(),
    };
  };
}

export async function fakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const { entries = [fakeEntry("small-model", { aliases: ["tiny"] })], level = "debug" } = options;
  const folder = mkdtempSync(join(tmpdir(), "assay-server-"));
  const store = await openStore({ path: join(folder, "runs.db") });
  const fleet = await createFleet(entries, { ...fakeRunners(), budget: 100 });
  const log: Record<string, unknown>[] = [];
  const logger = createLogger({ level, format: "json", write: (line) => log.push(JSON.parse(line)) });
  const metrics = createMetrics({ fleet, version: "0.0.0" });
  const shutDown = new AbortController();
  return {
    context: {
      dispatch: options.dispatch ?? scriptedDispatch(fleet),
      fleet,
      store,
      metrics,
      logger,
      guard: "off",
      version: "0.0.0",
      closing: shutDown.signal,
    },
    log,
    shutDown,
    async close() {
      metrics.close();
      await fleet.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
