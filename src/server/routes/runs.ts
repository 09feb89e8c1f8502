/** GET /v1/runs and /v1/runs/{id}: what the store keeps, to be looked at. Nothing is changed by it. */

import { Hono } from "hono";
import { redact } from "../../config.ts";
import { AppError, isAppError } from "../../errors.ts";
import { RUN_STATUSES, type RunStatus } from "../../events.ts";
import type { RunRecord, Store } from "../../store/index.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { wholeQuery } from "./query.ts";

const PAGE = 20;
const MOST_A_PAGE = 200;

export function runRoutes({ store }: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();

  app.get("/v1/runs", async (c) => {
    const limit = wholeQuery(c, "limit", { from: 1, to: MOST_A_PAGE }) ?? PAGE;
    const status = statusOf(c.req.query("status"));
    const kind = c.req.query("kind");
    const runs = await pageOf(store, { kind, status, after: c.req.query("after"), limit });
    return c.json(runs);
  });

  app.get("/v1/runs/:id", async (c) => {
    const run = await findRun(store, c.req.param("id"));
    const document = c.req.query("document") === "true" ? await store.document(run.id) : undefined;
    return c.json({
      ...row(run),
      settings: redact(run.settings),
      ...(document !== undefined && { document }),
    });
  });
  return app;
}

/**
 * A run by its id, the beginning of one, or "last".
 * @throws RUN_NOT_FOUND, without the store's path, which the command line's own error names
 */
export async function findRun(store: Store, id: string): Promise<RunRecord> {
  try {
    return await store.findRun(id);
  } catch (error) {
    if (!isAppError(error) || error.code !== "RUN_NOT_FOUND") throw error;
    throw new AppError("RUN_NOT_FOUND", error.message, { hint: "GET /v1/runs lists the runs." });
  }
}

interface RunQuery {
  readonly kind: string | undefined;
  readonly status: RunStatus | undefined;
  /** The last id of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Newest first, in the form of OpenAI's lists. */
async function pageOf(store: Store, { kind, status, after, limit }: RunQuery) {
  const all = await store.listRuns({
    ...(kind !== undefined && { kind }),
    ...(status !== undefined && { status }),
    limit: Number.MAX_SAFE_INTEGER,
  });
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0)
    throw new AppError("RUN_NOT_FOUND", "The run after which the page begins is not in the list.", {
      hint: "Begin anew, without after.",
      details: { param: "after" },
    });
  const data = all.slice(start, start + limit).map(row);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < all.length,
  };
}

/** Without the model's path: where files lie on this machine is nobody's business. */
function row({ id, kind, status, createdAt, updatedAt, model, pages, seconds, summary, version }: RunRecord) {
  const { name, fingerprint, quantisation } = model;
  return {
    id,
    object: "run",
    kind,
    status,
    created_at: createdAt,
    updated_at: updatedAt,
    model: { name, fingerprint, quantisation },
    pages,
    seconds,
    summary,
    version,
  };
}

function statusOf(text: string | undefined): RunStatus | undefined {
  const found = RUN_STATUSES.find((it) => it === text);
  if (text === undefined || found !== undefined) return found;
  throw new AppError("USAGE", "status is wrong.", {
    hint: `Write one of ${RUN_STATUSES.join(", ")}.`,
    details: { param: "status" },
  });
}
