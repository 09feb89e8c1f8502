/** A run that is kept in memory: the store's contract without a file, for tests and for callers who keep nothing. */

import type { RunEvent, RunStatus } from "../events.ts";
import type { NewRun, PageRow, RunRecord, RunWriter } from "../store/index.ts";

/** A run in memory; `writer()` opens it again as a resume would. */
export interface MemoryRun {
  writer(): RunWriter;
  /** Rows of the stored pages, as JSON gives them back; of equal keys the later one. */
  rows(): PageRow[];
  readonly pages: readonly (readonly PageRow[])[];
  readonly events: readonly RunEvent[];
  status(): RunStatus;
  document(): unknown;
  /** What the writer will answer to `request()` from now on. */
  ask(request: "none" | "pause" | "stop"): void;
}

/** Creates an empty run. */
export function createMemoryRun(
  run: Pick<NewRun, "kind" | "settings">,
  id = `${run.kind}-memory`,
): MemoryRun {
  const pages: PageRow[][] = [];
  const events: RunEvent[] = [];
  let status: RunStatus = "running";
  let seconds = 0;
  let summary: Record<string, unknown> = {};
  let document: unknown;
  let asked: "none" | "pause" | "stop" = "none";
  const record = (): RunRecord => ({
    id,
    kind: run.kind,
    status,
    createdAt: "1970-01-01T00:00:00.000Z",
    updatedAt: "1970-01-01T00:00:00.000Z",
    model: { name: "memory", path: "", fingerprint: "", quantisation: "" },
    settings: run.settings,
    pages: pages.length,
    seconds,
    summary,
    version: "0",
  });
  const writer = (): RunWriter => ({
    get run() {
      return record();
    },
    async savePage(page) {
      if (page.index !== pages.length)
        throw new RangeError(`expected page ${pages.length}, got ${page.index}`);
      pages.push(JSON.parse(JSON.stringify(page.rows)));
      events.push(...(page.events ?? []));
      seconds += page.seconds;
      summary = page.summary ?? summary;
    },
    async request() {
      return asked;
    },
    async finish(finalStatus, result) {
      status = finalStatus;
      seconds += result.seconds;
      summary = result.summary ?? summary;
      asked = "none";
      if (result.document !== undefined) document = JSON.parse(JSON.stringify(result.document));
    },
    async close() {},
  });
  return {
    writer,
    rows: () => [...new Map(pages.flat().map((row) => [row.key, row])).values()],
    pages,
    events,
    status: () => status,
    document: () => document,
    ask(request) {
      asked = request;
    },
  };
}
