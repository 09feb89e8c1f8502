/** Which stored mine speaks for a model file when none is named. */

import type { RunRecord, Store } from "../../store/index.ts";

/**
 * Of the finished mines of this very file the one that tested the most tokens, the newest of equals: a quick look
 * after a census must not make the guard forget what the census found.
 */
export async function fullestMine(store: Store, fingerprint: string): Promise<RunRecord | undefined> {
  const runs = (await store.listRuns({ kind: "mine" })).filter(
    (run) => run.model.fingerprint === fingerprint && isFinished(run),
  );
  // The list begins with the newest and the sort is stable.
  return runs.toSorted((a, b) => testedBy(b) - testedBy(a))[0];
}

export function isFinished({ status }: RunRecord): boolean {
  return status === "done" || status === "partial";
}

function testedBy({ summary }: RunRecord): number {
  return Number(summary.tested ?? 0);
}
