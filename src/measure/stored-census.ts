/** A full census as the store keeps it: the verdict, probes and entropies of every candidate, to search again. */

import { AppError } from "../errors.ts";
import { readRows, type StoredToken } from "../glitch/index.ts";
import type { RunRecord, Store } from "../store/index.ts";

/** What one page of the census asked, and how long it took. */
export interface PageCost {
  readonly probes: number;
  /** Generated answers of the validation. */
  readonly answers: number;
  readonly seconds: number;
}

/** The evidence of every candidate. */
export interface StoredCensus {
  readonly run: string;
  readonly tokens: ReadonlyMap<number, StoredToken>;
  /** Classes, indicators and the template check. */
  readonly setupSeconds: number;
  readonly pages: readonly PageCost[];
}

/** The newest mine of this model that tested every candidate, if the store has one. */
export async function findCensus(
  store: Store,
  fingerprint: string,
  candidates: number,
): Promise<RunRecord | undefined> {
  const runs = await store.listRuns({ kind: "mine" });
  return runs.find(
    ({ model, status, summary }) =>
      model.fingerprint === fingerprint && status === "done" && summary.tested === candidates,
  );
}

/**
 * Reads a census and checks that it covers the candidates.
 * @throws RUN_MISMATCH if the run is another model's, DATA_UNAVAILABLE if it is no mine or leaves tokens out
 */
export async function readCensus(
  store: Store,
  run: RunRecord,
  { fingerprint, candidates }: { fingerprint: string; candidates: readonly number[] },
): Promise<StoredCensus> {
  if (run.kind !== "mine")
    throw new AppError("DATA_UNAVAILABLE", `The run ${run.id} is no mine but a ${run.kind}.`);
  if (run.model.fingerprint !== fingerprint)
    throw new AppError(
      "RUN_MISMATCH",
      `The run ${run.id} belongs to another model file (${run.model.name}).`,
    );
  const { pages } = await store.exportRun(run.id);
  const [check, ...rest] = pages;
  const { tokens } = readRows(pages.flatMap(({ rows }) => rows));
  const judged = candidates.filter((id) => (tokens.get(id)?.verdict ?? "untested") !== "untested").length;
  if (judged < candidates.length)
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The run ${run.id} has verdicts on ${judged} of ${candidates.length} candidates; a comparison needs all.`,
      {
        hint:
          run.status === "interrupted" || run.status === "paused"
            ? `Go on with: npx assay runs resume ${run.id}`
            : "Leave out --census, and a full census is taken.",
        details: { run: run.id, judged, candidates: candidates.length },
      },
    );
  return {
    run: run.id,
    tokens,
    setupSeconds: check?.seconds ?? 0,
    pages: rest.map(({ rows, seconds }) => ({ ...costOf([...readRows(rows).tokens.values()]), seconds })),
  };
}

/** What testing these tokens asks of a model. */
export function costOf(tokens: readonly StoredToken[]): Omit<PageCost, "seconds"> {
  return {
    probes: tokens.reduce((sum, { probes }) => sum + probes.length, 0),
    answers: tokens.reduce((sum, { attempts }) => sum + (attempts?.length ?? 0), 0),
  };
}
