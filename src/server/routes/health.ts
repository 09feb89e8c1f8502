/** GET /health says that the process lives, /ready that it can answer. */

import { Hono } from "hono";
import type { Fleet, ServedModel } from "../../fleet/index.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";

export function healthRoutes({ fleet, closing, version }: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  app.get("/health", (c) => c.json({ status: "ok", version }));
  app.get("/ready", (c) => {
    const why = closing.aborted ? "The server is shutting down." : unreadyReason(fleet);
    const models = Object.fromEntries(fleet.models().map(({ entry, state }) => [entry.id, state]));
    if (why === undefined) return c.json({ status: "ready", models });
    return c.json({ status: "not ready", reason: why, models }, 503, { "retry-after": "5" });
  });
  return app;
}

/** Why no request could be answered; undefined if one could, though a model may have to be loaded first. */
function unreadyReason(fleet: Fleet): string | undefined {
  const models = fleet.models();
  if (models.length === 0) return "No model is served.";
  const { budget } = fleet.memory();
  const reasons = models.map((model) => unloadable(model, budget));
  return reasons.includes(undefined) ? undefined : reasons.join(" ");
}

function unloadable({ entry, state, memory, error }: ServedModel, budget: number): string | undefined {
  if (state === "failed") return `${entry.id} could not be loaded: ${error ?? "unknown reason"}`;
  if (state === "unloaded" && memory.predicted > budget)
    return `${entry.id} takes ${memory.predicted} bytes, and models may take ${budget}.`;
  return undefined;
}
