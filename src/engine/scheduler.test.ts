import { describe, expect, it } from "vitest";
import type { LlamaContext } from "../llama/index.ts";
import { createChannel } from "./channel.ts";
import { createGenerateTask } from "./generate-task.ts";
import type { GenerateEvent } from "./language-model.ts";
import { createScheduler, type Scheduler, type SchedulerOptions } from "./scheduler.ts";
import type { Task } from "./task.ts";

interface BatchToken {
  token: number;
  sequence: number;
  position: number;
}

/** A context that computes nothing and remembers every decode. */
function recordingContext(cells = 4_096, batchSize = 64) {
  const steps: BatchToken[][] = [];
  let batch: BatchToken[] = [];
  const context = {
    cells,
    batchSize,
    sequences: 32,
    get filled() {
      return batch.length;
    },
    push(token: number, position: number, sequence: number) {
      batch.push({ token, position, sequence });
      return 0;
    },
    clearBatch() {
      batch = [];
    },
    async decode() {
      // As on a worker thread: requests and aborts come in meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(batch);
      return "ok";
    },
    logits: () => new Float32Array(8),
    share() {},
    forget() {},
  } as unknown as LlamaContext;
  return { context, steps };
}

interface Order {
  prompt: number[];
  maxTokens?: number;
  client?: string;
  priority?: number;
  signal?: AbortSignal;
}

/** A request; its tokens are all 1, its end tells the step in which its first one was chosen. */
function request(order: Order, steps: readonly unknown[]) {
  const events = createChannel<GenerateEvent>(() => {});
  let firstStep = -1;
  const sampler = {
    sample() {
      if (firstStep < 0) firstStep = steps.length;
      return 1;
    },
    dispose() {},
  };
  const task = createGenerateTask({
    prompt: order.prompt,
    maxTokens: order.maxTokens ?? 1,
    samplers: [sampler],
    stop: [],
    logprobs: undefined,
    endsGeneration: () => false,
    tokenBytes: () => Uint8Array.of(97),
    priority: order.priority ?? 0,
    client: order.client ?? "",
    signal: order.signal ?? new AbortController().signal,
    events,
  });
  const ended = (async () => {
    for await (const event of events) if (event.type === "end") return { ...event, firstStep };
    throw new Error("no end");
  })();
  // Those that must fail are awaited later.
  ended.catch(() => {});
  return { task, ended };
}

/** Runs requests together; the first step of each. */
async function run(orders: readonly Order[], options: SchedulerOptions = {}, cells = 4_096) {
  const { context, steps } = recordingContext(cells);
  const scheduler = createScheduler(context, options);
  const requests = orders.map((order) => request(order, steps));
  for (const { task } of requests) scheduler.submit(task);
  const ends = await Promise.all(requests.map(({ ended }) => ended));
  expect(scheduler.usage).toMatchObject({ reserved: 0, active: 0, waiting: 0 });
  return { steps, firstSteps: ends.map(({ firstStep }) => firstStep), ends };
}

/** Prompts that share nothing. */
const prompt = (length: number, seed: number) => Array.from({ length }, (_, at) => 1_000 * seed + at);

describe("a step", () => {
  it("lets a short prompt through beside another client's long one", async () => {
    const { firstSteps } = await run([
      { prompt: prompt(640, 1), client: "long" },
      { prompt: prompt(20, 2), client: "short" },
    ]);
    expect(firstSteps).toEqual([11, 1]);
  });

  it("moves a long prompt on under a stream of short ones", async () => {
    const short = Array.from({ length: 30 }, (_, i) => ({ prompt: prompt(40, i + 2), client: "short" }));
    const { steps } = await run([{ prompt: prompt(200, 1), client: "long" }, ...short], {}, 8_192);
    for (const step of steps.slice(0, 8))
      expect(step.filter(({ token }) => token >= 1_000 && token < 2_000).length).toBeGreaterThanOrEqual(16);
  });

  it("leaves prompts a part where generation alone would take all its time", async () => {
    const { context, steps } = recordingContext();
    const scheduler = createScheduler(context, { batchSize: 8 });
    const running = Array.from({ length: 12 }, (_, i) => request({ prompt: [i], maxTokens: 60 }, steps));
    for (const { task } of running) scheduler.submit(task);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const late = request({ prompt: prompt(6, 9) }, steps);
    scheduler.submit(late.task);
    const from = steps.length;
    expect((await late.ended).firstStep).toBeLessThanOrEqual(from + 6);
    await Promise.all(running.map(({ ended }) => ended));
  });

  it("gives prompts of more importance all its room", async () => {
    const { firstSteps } = await run([
      { prompt: prompt(200, 1), priority: 5 },
      { prompt: prompt(128, 2), priority: 0 },
    ]);
    expect(firstSteps[1]).toBe(2);
  });
});

describe("the queue", () => {
  // Room for one request at a time.
  const cells = 40;

  it("takes clients in turns", async () => {
    const orders = ["a", "a", "a", "b", "c", "b"].map((client, i) => ({ prompt: prompt(30, i), client }));
    const { firstSteps } = await run(orders, {}, cells);
    const order = [...orders.keys()].sort((x, y) => firstSteps[x]! - firstSteps[y]!);
    expect(order.map((index) => orders[index]!.client)).toEqual(["a", "b", "c", "a", "b", "a"]);
  });

  it("does not hold others behind one that waits for a shared beginning", async () => {
    const shared = prompt(300, 1);
    const { firstSteps, ends } = await run([
      { prompt: [...shared, 1], client: "a" },
      { prompt: [...shared, 2], client: "b" },
      { prompt: prompt(30, 3), client: "c" },
    ]);
    expect(firstSteps[2]).toBe(1);
    expect(ends[1]!.cachedTokens).toBe(300);
  });

  it("refuses one more than fits, with the counts", async () => {
    const { context, steps } = recordingContext(cells);
    const scheduler = createScheduler(context, { queueLimit: 2 });
    const requests = Array.from({ length: 4 }, (_, i) => request({ prompt: prompt(30, i) }, steps));
    scheduler.submit(requests[0]!.task);
    await new Promise((resolve) => setImmediate(resolve));
    scheduler.submit(requests[1]!.task);
    scheduler.submit(requests[2]!.task);
    const refused = { code: "BUSY", details: { waiting: 2, active: 1 } };
    expect(() => scheduler.submit(requests[3]!.task)).toThrow(expect.objectContaining(refused));
    await expect(requests[3]!.ended).rejects.toMatchObject(refused);
    for (const { ended } of requests.slice(0, 3)) expect(await ended).toMatchObject({ completionTokens: 1 });
  });

  it("tells where the time of a request went", async () => {
    const orders = [1, 2].map((seed) => ({ prompt: prompt(30, seed), maxTokens: 8 }));
    const [first, second] = (await run(orders, {}, cells)).ends.map(({ timings }) => timings!);
    const all = ({ queued, prompt: computing, generation }: NonNullable<typeof first>) => [
      queued,
      computing,
      generation,
    ];
    for (const ms of [...all(first!), ...all(second!)]) expect(ms).toBeGreaterThanOrEqual(0);
    expect(second!.queued).toBeGreaterThanOrEqual(first!.prompt + first!.generation);
  });
});

describe("exclusive work", () => {
  it("runs between steps, in order, and keeps decodes out", async () => {
    const { context, steps } = recordingContext();
    const scheduler = createScheduler(context);
    const { task, ended } = request({ prompt: prompt(10, 1), maxTokens: 20 }, steps);
    scheduler.submit(task);
    await new Promise((resolve) => setImmediate(resolve));
    const seen = await Promise.all(
      [1, 2].map(() =>
        scheduler.exclusive(async () => {
          const before = steps.length;
          await new Promise((resolve) => setTimeout(resolve, 5));
          return [before, steps.length];
        }),
      ),
    );
    for (const [before, after] of seen) expect(after).toBe(before);
    await expect(scheduler.exclusive(() => Promise.reject(new Error("own")))).rejects.toThrow("own");
    expect(await ended).toMatchObject({ completionTokens: 20 });
    expect(await scheduler.exclusive(async () => "idle")).toBe("idle");
  });

  it("is cancelled by close, waiting or new", async () => {
    const { context, steps } = recordingContext();
    const scheduler: Scheduler = createScheduler(context);
    const { task } = request({ prompt: prompt(10, 1), maxTokens: 1_000 }, steps);
    scheduler.submit(task as Task);
    await new Promise((resolve) => setImmediate(resolve));
    const work = scheduler.exclusive(async () => {});
    const closing = scheduler.close();
    await expect(work).rejects.toMatchObject({ code: "CANCELLED" });
    await closing;
    await expect(scheduler.exclusive(async () => {})).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
