/** A stream of events that holds something open for its reader: a lease. */

/**
 * Gives it back once, when the stream has ended or failed, when the reader leaves, or when `signal` is aborted
 * before anybody began to read: a generator that was never started runs no `finally`.
 */
export function heldEvents<T>(
  events: AsyncIterable<T>,
  giveBack: () => void,
  signal?: AbortSignal,
): AsyncIterableIterator<T> {
  const source = events[Symbol.asyncIterator]();
  let held = true;
  let begun = false;
  const end = () => {
    if (!held) return;
    held = false;
    signal?.removeEventListener("abort", onAbort);
    giveBack();
  };
  const onAbort = () => {
    if (!begun) end();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      begun = true;
      try {
        const step = await source.next();
        if (step.done) end();
        return step;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return(value) {
      try {
        return (await source.return?.(value)) ?? { done: true, value };
      } finally {
        end();
      }
    },
  };
}
