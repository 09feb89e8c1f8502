/** GET /metrics in Prometheus' text format. */

import { Hono } from "hono";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

export function metricsRoutes({ metrics }: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  app.get("/metrics", async (c) => c.body(await metrics.expose(), 200, { "content-type": TEXT_FORMAT }));
  return app;
}
