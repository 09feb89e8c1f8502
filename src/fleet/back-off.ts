/** How soon a model is loaded again after its process ended by itself. */

/** Crashes of one model. */
export interface CrashRecord {
  /** When, in milliseconds; those of the last minute. */
  readonly times: readonly number[];
  /** How often in a row it was made to wait. */
  readonly strikes: number;
}

const WINDOW_MS = 60_000;
/** So many in a minute are no accident. */
const MOST_CRASHES = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * The record after one more crash, and how long to wait: not at all for the first two in a minute, then 2 seconds and
 * twice as long with every further one, a minute at most. A process that lived for a minute clears the record.
 *
 * @param livedMs how long the process had the model loaded
 */
export function noteCrash(
  { times, strikes }: CrashRecord,
  now: number,
  livedMs: number,
): { readonly record: CrashRecord; readonly waitMs: number } {
  const lived = livedMs >= WINDOW_MS;
  const recent = [...(lived ? [] : times.filter((time) => now - time < WINDOW_MS)), now];
  const before = lived ? 0 : strikes;
  // Long waits push old crashes out of the minute; a model that crashes right after a wait is still the same case.
  if (before === 0 && recent.length < MOST_CRASHES)
    return { record: { times: recent, strikes: 0 }, waitMs: 0 };
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** before);
  return { record: { times: recent, strikes: before + 1 }, waitMs };
}
