/** A run as one JSON document, to keep, to send and to take into another store. */

import { z } from "zod";
import { AppError } from "../errors.ts";
import { RUN_STATUSES } from "../events.ts";
import type { Database, Statement } from "./database.ts";
import type { RunDocument, RunRecord } from "./run-record.ts";
import { insertItems } from "./run-writer.ts";

const count = z.int().min(0);
const seconds = z.number().min(0);
const object = z.record(z.string(), z.unknown());

// Documents come from outside: everything is checked before anything is written.
const runDocument = z.strictObject({
  schema: z.literal(1),
  kind: z.literal("run"),
  run: z.strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{3,63}$/, "expected a run's name"),
    kind: z.string().regex(/^[a-z][a-z-]{0,31}$/, "expected a kind of run"),
    status: z.enum(RUN_STATUSES),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    model: z.strictObject({
      name: z.string(),
      path: z.string(),
      fingerprint: z.string(),
      quantisation: z.string(),
    }),
    settings: object,
    pages: count,
    seconds,
    summary: object,
    version: z.string(),
  }),
  pages: z.array(
    z.strictObject({
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      seconds,
      rows: z.array(z.strictObject({ key: z.string(), data: z.unknown() })),
    }),
  ),
  events: z.array(z.strictObject({ at: z.iso.datetime(), event: z.looseObject({ type: z.string() }) })),
  document: z.unknown().optional(),
});

/** Reads everything the store knows of a run. */
export async function exportRun(database: Database, run: RunRecord): Promise<RunDocument> {
  const stored = await database.read("SELECT page, digest, seconds FROM pages WHERE run = ? ORDER BY page", [
    run.id,
  ]);
  const pages: RunDocument["pages"][number][] = [];
  for (const page of stored) {
    const rows = await database.read(
      "SELECT key, data FROM items WHERE run = ? AND page = ? ORDER BY position",
      [run.id, page.page ?? 0],
    );
    pages.push({
      digest: String(page.digest),
      seconds: Number(page.seconds),
      rows: rows.map((row) => ({ key: String(row.key), data: JSON.parse(String(row.data)) })),
    });
  }
  const events = await database.read("SELECT at, event FROM events WHERE run = ? ORDER BY number", [run.id]);
  const [final] = await database.read("SELECT document FROM documents WHERE run = ?", [run.id]);
  return {
    schema: 1,
    kind: "run",
    run,
    pages,
    events: events.map((row) => ({ at: String(row.at), event: JSON.parse(String(row.event)) })),
    ...(final === undefined ? {} : { document: JSON.parse(String(final.document)) }),
  };
}

/**
 * Takes a run from a document that exportRun made, in one transaction, and tells its id.
 * @throws AppError DATA_UNAVAILABLE when it is not such a document, RUN_MISMATCH when the run is there already
 */
export async function importRun(database: Database, input: unknown): Promise<string> {
  const parsed = runDocument.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.length ? ` at ${issue.path.join(".")}` : "";
    throw new AppError(
      "DATA_UNAVAILABLE",
      `This is not an exported run${place}: ${issue?.message ?? "unknown"}.`,
      {
        hint: "Make one with `assay runs export ID --output FILE`.",
      },
    );
  }
  const { run, pages, events, document } = parsed.data;
  if (run.pages !== pages.length) {
    throw new AppError("DATA_UNAVAILABLE", `The run says ${run.pages} pages and holds ${pages.length}.`);
  }
  const [there] = await database.read("SELECT 1 FROM runs WHERE id = ?", [run.id]);
  if (there !== undefined) {
    throw new AppError("RUN_MISMATCH", `The store has a run ${run.id} already.`, {
      hint: `Remove it first with \`assay runs rm ${run.id}\`.`,
    });
  }
  const statements: Statement[] = [
    {
      sql: `INSERT INTO runs (id, kind, status, created_at, updated_at, model, settings, summary, pages,
              seconds, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [
        run.id,
        run.kind,
        run.status,
        run.createdAt,
        run.updatedAt,
        JSON.stringify(run.model),
        JSON.stringify(run.settings),
        JSON.stringify(run.summary),
        run.pages,
        run.seconds,
        run.version,
      ],
    },
    {
      sql: `INSERT INTO events (run, at, event)
            SELECT ?, value ->> '$.at', value -> '$.event' FROM json_each(?) ORDER BY key`,
      args: [run.id, JSON.stringify(events)],
    },
  ];
  pages.forEach((page, index) => {
    statements.push(
      {
        sql: "INSERT INTO pages (run, page, digest, seconds) VALUES (?, ?, ?, ?)",
        args: [run.id, index, page.digest, page.seconds],
      },
      insertItems(run.id, index, page.rows),
    );
  });
  if (document !== undefined) {
    statements.push({
      sql: "INSERT INTO documents (run, document) VALUES (?, ?)",
      args: [run.id, JSON.stringify(document)],
    });
  }
  await database.write(statements);
  return run.id;
}
