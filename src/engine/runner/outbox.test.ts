import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createOutbox } from "./outbox.ts";

function createRecorded() {
  const sent: number[][] = [];
  const refused: number[] = [];
  const outbox = createOutbox<number>({
    send(batch) {
      if (batch.some((message) => message < 0)) throw new Error("negative");
      sent.push([...batch]);
    },
    onRefused: (message) => refused.push(message),
  });
  return { outbox, sent, refused };
}

describe("createOutbox", () => {
  it("sends what one turn of the event loop brings as one message", async () => {
    const { outbox, sent } = createRecorded();
    outbox.push(1);
    await Promise.resolve();
    outbox.push(2);
    expect(sent).toEqual([]);
    await turn();
    outbox.push(3);
    await turn();
    expect(sent).toEqual([[1, 2], [3]]);
  });

  it("sends at once when told to, and nothing twice", async () => {
    const { outbox, sent } = createRecorded();
    outbox.push(1);
    outbox.flush();
    outbox.flush();
    expect(sent).toEqual([[1]]);
    await turn();
    expect(sent).toEqual([[1]]);
  });

  it("keeps what cannot be sent from the others of its turn", async () => {
    const { outbox, sent, refused } = createRecorded();
    for (const message of [1, -2, 3]) outbox.push(message);
    await turn();
    expect(sent.flat()).toEqual([1, 3]);
    expect(refused).toEqual([-2]);
  });
});
