/** A queue between the scheduler, which pushes when it can, and one reader with `for await`. */

export interface Channel<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** No more items; those pushed are still read. */
  end(): void;
  /** The reader gets the items pushed so far, then the error. */
  fail(error: unknown): void;
  /** The reader gets the error next: it has said that it wants no more. */
  stop(error: unknown): void;
}

/** @param onAbandon the reader left before the end: the work can stop */
export function createChannel<T>(onAbandon: () => void): Channel<T> {
  const items: T[] = [];
  let closed = false;
  let failure: { error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  async function* read(): AsyncGenerator<T> {
    let finished = false;
    try {
      let at = 0;
      for (;;) {
        while (at < items.length) yield items[at++]!;
        items.length = 0;
        at = 0;
        if (closed) {
          finished = true;
          if (failure) throw failure.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      if (!finished) onAbandon();
    }
  }
  const fail = (error: unknown) => {
    if (closed) return;
    failure = { error };
    closed = true;
    notify();
  };
  return {
    push(item) {
      if (closed) return;
      items.push(item);
      notify();
    },
    end() {
      closed = true;
      notify();
    },
    fail,
    stop(error) {
      if (closed) return;
      items.length = 0;
      fail(error);
    },
    [Symbol.asyncIterator]: read,
  };
}
