/** Gathers what is said in one turn of the event loop, so that it goes as one message and is read in one turn. */

export interface Outbox<M> {
  push(message: M): void;
  /** Sends what there is without waiting for the turn's end. */
  flush(): void;
}

export interface OutboxOptions<M> {
  /** @throws DataCloneError for what cannot be sent */
  send(batch: readonly M[]): void;
  /** Told of a message that cannot be sent; the others of its turn are. */
  onRefused(message: M, error: unknown): void;
  /** When to flush. @default the turn's end */
  later?: (flush: () => void) => void;
}

/** Creates an empty outbox. */
export function createOutbox<M>({ send, onRefused, later = setImmediate }: OutboxOptions<M>): Outbox<M> {
  let waiting: M[] = [];
  const trySend = (batch: readonly M[]) => {
    try {
      send(batch);
    } catch (error) {
      // One caller's schema with a function in it must not cost the others their requests.
      if (batch.length > 1) for (const message of batch) trySend([message]);
      else onRefused(batch[0]!, error);
    }
  };
  const flush = () => {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) trySend(batch);
  };
  return {
    push(message) {
      waiting.push(message);
      if (waiting.length === 1) later(flush);
    },
    flush,
  };
}
