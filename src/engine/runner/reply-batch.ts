/**
 * Everything that the calls have to say after one step of the engine, in one message. The scheduler delivers all rows
 * of a step in one go and starts the next decode on another thread; what the readers made of the rows is sent while
 * that runs.
 */

import type { CallEnd, ReplyBatch, RunnerState } from "./runner-protocol.ts";

export interface Replies {
  item(id: number, item: unknown): void;
  /** No item of this call comes after. */
  end(end: CallEnd): void;
  /** Sends the state at the turn's end, whether or not there is anything else. */
  touch(): void;
}

export interface RepliesOptions {
  send(batch: ReplyBatch): void;
  state(): RunnerState;
  /** When to send. @default the end of this turn of the event loop */
  later?: (flush: () => void) => void;
}

/** Creates an empty collection of replies. */
export function createReplies({ send, state, later = setImmediate }: RepliesOptions): Replies {
  let items = new Map<number, unknown[]>();
  let ends: CallEnd[] = [];
  let isPlanned = false;
  const flush = () => {
    isPlanned = false;
    const batch = { type: "batch", items, ends, state: state() } as const;
    items = new Map();
    ends = [];
    send(batch);
  };
  const touch = () => {
    if (isPlanned) return;
    isPlanned = true;
    later(flush);
  };
  return {
    item(id, item) {
      const list = items.get(id);
      if (list) list.push(item);
      else items.set(id, [item]);
      touch();
    },
    end(end) {
      ends.push(end);
      touch();
    },
    touch,
  };
}
