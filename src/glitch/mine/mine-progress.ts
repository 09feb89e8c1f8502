/** Time, events and pages of a mine: what it tells while it runs, and what of it is stored. */

import type { EventSink, RunEvent } from "../../events.ts";
import type { PageRow, RunWriter } from "../../store/index.ts";
import type { GlitchTotal } from "../audit/glitch-total.ts";

/** Between two signs of life within a page; pages of a large model take a minute. */
const LEAST_MS = 200;

/** Work of a stage: it reports each answer, or where it stands. */
type StageWork<T> = (
  onAnswer: () => void,
  setDone: (done: number, found?: number, expected?: GlitchTotal) => void,
) => Promise<T>;

export type MineProgress = ReturnType<typeof createMineProgress>;

/** Starts the clock of this sitting. */
export function createMineProgress(now: () => number, writer: RunWriter, onEvent: EventSink = () => {}) {
  const startedAt = now();
  const secondsBefore = writer.run.seconds;
  let pages = writer.run.pages;
  let pageAt = startedAt;
  let unsaved: RunEvent[] = [];
  const secondsSince = (at: number) => (now() - at) / 1000;

  const emit = (event: RunEvent) => onEvent(event);
  /** Told now, and stored with the next page. */
  const emitStored = (event: RunEvent) => {
    unsaved.push(event);
    emit(event);
  };

  return {
    emit,
    /** Seconds of work over all sittings. */
    seconds: () => secondsBefore + secondsSince(startedAt),
    sinceLastPage: () => secondsSince(pageAt),
    start(model: string, resumedFrom: number) {
      emitStored({ type: "run-start", run: writer.run.id, kind: "mine", model, resumedFrom });
    },
    note(message: string) {
      emitStored({ type: "run-note", message });
    },
    /** Runs a stage between its events. */
    async stage<T>(
      stage: string,
      { total, unit, done: doneBefore = 0 }: { total: number; unit: string; done?: number },
      work: StageWork<T>,
    ): Promise<T> {
      const begun = now();
      let done = doneBefore;
      let answers = 0;
      let found: number | undefined;
      let expected: GlitchTotal | undefined;
      let toldAt = begun;
      const tell = (event: (e: RunEvent) => void, count: number) =>
        event({
          type: "stage-progress",
          stage,
          done: Math.min(count, total),
          total,
          ...(found !== undefined && { found }),
          ...(expected && {
            expected: { estimate: expected.estimate, low: expected.low, high: expected.high },
          }),
        });
      emitStored({ type: "stage-start", stage, total, unit, done });
      const result = await work(
        () => {
          answers++;
          if (now() - toldAt < LEAST_MS) return;
          toldAt = now();
          tell(emit, done + answers);
        },
        (at, foundNow, expectedNow) => {
          done = at;
          answers = 0;
          found = foundNow;
          expected = expectedNow;
          toldAt = now();
          tell(emitStored, done);
        },
      );
      emitStored({ type: "stage-end", stage, done: done + answers, seconds: secondsSince(begun) });
      return result;
    },
    /** Stores the next page with the events since the last one. */
    async savePage(rows: readonly PageRow[], summary: Record<string, unknown>) {
      const events = unsaved;
      await writer.savePage({ index: pages, rows, seconds: secondsSince(pageAt), summary, events });
      unsaved = unsaved.slice(events.length);
      pageAt = now();
      pages++;
    },
  };
}
