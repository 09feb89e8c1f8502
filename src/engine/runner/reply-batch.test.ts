import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReplies } from "./reply-batch.ts";
import type { CallEnd, ReplyBatch } from "./runner-protocol.ts";

/** Replies whose turns end when the test says so. */
function createManual() {
  const batches: ReplyBatch[] = [];
  const flushes: (() => void)[] = [];
  let resident = 0;
  const replies = createReplies({
    send: (batch) => batches.push(batch),
    state: () => ({ usage: undefined, resident: ++resident }),
    later: (flush) => flushes.push(flush),
  });
  const endTurn = () => {
    for (const flush of flushes.splice(0)) flush();
  };
  return { replies, batches, endTurn };
}

describe("createReplies", () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ id: fc.nat(4), type: fc.constant("item" as const) }) },
    { weight: 1, arbitrary: fc.record({ id: fc.nat(4), type: fc.constant("end" as const) }) },
    { weight: 3, arbitrary: fc.constant({ id: 0, type: "turn" as const }) },
  );

  it("gives every call its items in order and then its end, however the turns fall", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { replies, batches, endTurn } = createManual();
        const said = new Map<number, unknown[]>();
        const open = new Set([0, 1, 2, 3, 4]);
        for (const [at, { id, type }] of steps.entries()) {
          if (type === "turn") endTurn();
          else if (open.has(id)) {
            said.set(id, [...(said.get(id) ?? []), type === "end" ? "end" : at]);
            if (type === "item") replies.item(id, at);
            else {
              open.delete(id);
              replies.end({ id });
            }
          }
        }
        endTurn();
        const heard = new Map<number, unknown[]>();
        const hear = (id: number, what: unknown) => heard.set(id, [...(heard.get(id) ?? []), what]);
        for (const { items, ends } of batches) {
          for (const [id, list] of items) for (const item of list) hear(id, item);
          for (const { id } of ends satisfies readonly CallEnd[]) hear(id, "end");
        }
        expect(heard).toEqual(said);
      }),
    );
  });

  it("sends one message a turn, with the state as it is at the turn's end, and none for an empty turn", () => {
    const { replies, batches, endTurn } = createManual();
    for (const id of [1, 2, 1]) replies.item(id, "token");
    replies.end({ id: 2 });
    endTurn();
    endTurn();
    expect(batches).toHaveLength(1);
    expect([...batches[0]!.items]).toEqual([
      [1, ["token", "token"]],
      [2, ["token"]],
    ]);
    replies.touch();
    replies.touch();
    endTurn();
    expect(batches.map(({ state }) => state.resident)).toEqual([1, 2]);
    expect(batches[1]!.items.size).toBe(0);
  });
});
