// Any schedule of requests, loads, crashes, time, new entries: what holds after every step, and that all of it ends.

import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError, isAppError } from "../../src/errors.ts";
import { createFleet, type Fleet, type FleetEntry, type Lease } from "../../src/fleet/index.ts";
import {
  type FakeClock,
  type FakeRunner,
  type FakeRunners,
  fakeClock,
  fakeEntry,
  fakeRunners,
  settle,
} from "../support/fake-fleet.ts";

const IDS = ["a", "b", "c", "d"] as const;
const BUDGET = 20;

const id = fc.constantFrom(...IDS);
const at = fc.nat({ max: 5 });
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("lease" as const), id }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("release" as const), at }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("loaded" as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("load failed" as const), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abort" as const), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unload" as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(100, 4_000, 30_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("reload" as const),
      ids: fc.subarray([...IDS], { minLength: 1 }),
      contexts: fc.array(fc.constantFrom(undefined, 64), { minLength: 4, maxLength: 4 }),
      pinned: fc.option(id, { nil: undefined, freq: 3 }),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;
const sizes = fc.tuple(...IDS.map(() => fc.integer({ min: 3, max: 22 })));

interface Asked {
  readonly stop: AbortController;
  lease: Lease | undefined;
  isOver: boolean;
}

interface World {
  readonly fleet: Fleet;
  readonly fake: FakeRunners;
  readonly clock: FakeClock;
  readonly asked: Asked[];
  /** Ended by the test, not by the fleet. */
  readonly killed: Set<FakeRunner>;
}

async function world(bytes: readonly number[]): Promise<World> {
  const fake = fakeRunners({ manual: true });
  for (const [at, name] of IDS.entries()) fake.sizes.set(name, bytes[at]!);
  const clock = fakeClock();
  const options = { budget: BUDGET, idleMs: 20_000, patienceMs: 2_000, queueLimit: 4, clock };
  const memory = () => ({ available: 1_000, total: 1_000, limit: "machine" as const });
  const entries = IDS.map((name) => fakeEntry(name));
  return {
    fake,
    clock,
    fleet: await createFleet(entries, { ...fake, ...options, memory }),
    asked: [],
    killed: new Set(),
  };
}

function ask({ fleet, asked }: World, name: string): void {
  const request: Asked = { stop: new AbortController(), lease: undefined, isOver: false };
  asked.push(request);
  fleet.lease(name, { signal: request.stop.signal }).then(
    (lease) => {
      request.lease = lease;
    },
    (error) => {
      expect(isAppError(error), String(error)).toBe(true);
      request.isOver = true;
    },
  );
}

const held = ({ asked }: World) => asked.filter(({ lease, isOver }) => lease && !isOver);
const open = ({ asked }: World) => asked.filter(({ lease, isOver }) => !lease && !isOver);

function act(world: World, step: Action): void {
  const { fleet, fake, clock, killed } = world;
  if (step.do === "lease") ask(world, step.id);
  if (step.do === "release") release(held(world)[step.at]);
  if (step.do === "abort") open(world)[step.at]?.stop.abort();
  if (step.do === "loaded") fake.loads[step.at]?.finish();
  if (step.do === "load failed") fake.loads[step.at]?.finish(new AppError("MODEL_LOAD", "By the test."));
  if (step.do === "pass") clock.advance(step.ms);
  // A name may be gone by then.
  if (step.do === "unload") fleet.unload(step.id).catch(() => undefined);
  if (step.do === "reload") fleet.reload(entriesOf(step)).catch(() => undefined);
  const runner = step.do === "kill" ? fake.alive()[step.at] : undefined;
  if (!runner) return;
  killed.add(runner);
  runner.kill();
}

function entriesOf({ ids, contexts, pinned }: Extract<Action, { do: "reload" }>): FleetEntry[] {
  return ids.map((name, at) =>
    fakeEntry(name, { context: contexts[at], pinned: name === pinned, aliases: [`${name}${at}`] }),
  );
}

function release(request: Asked | undefined): void {
  if (!request) return;
  request.isOver = true;
  request.lease?.release();
}

function check(world: World): void {
  const { fleet, fake, killed } = world;
  const sizeOf = ({ id }: { id: string }) => fake.sizes.get(id)!;
  const taken = [...fake.alive(), ...fake.loads].reduce((sum, it) => sum + sizeOf(it), 0);
  expect(taken, "bytes in use").toBeLessThanOrEqual(BUDGET);
  expect(fleet.memory().used).toBe(taken);
  for (const { lease } of held(world)) {
    const runner = lease?.model as FakeRunner;
    expect(runner.isAlive || killed.has(runner), "a model in use was unloaded").toBe(true);
  }
  // A new context is another model: the old one may still be there for its last requests.
  const busy = [...fake.alive(), ...fake.loads].map(({ id, context }) => `${id} ${context}`);
  expect(new Set(busy).size, `loaded twice: ${busy}`).toBe(busy.length);
}

test("a fleet stays within its budget, unloads nothing in use, loads nothing twice, and every request ends", async () => {
  const schedule = fc.array(action, { minLength: 5, maxLength: 60, size: "max" });
  await fc.assert(
    fc.asyncProperty(sizes, schedule, fc.boolean(), async (bytes, steps, inTheMiddle) => {
      const it = await world(bytes);
      for (const step of steps) {
        act(it, step);
        await settle();
        check(it);
      }
      if (!inTheMiddle) await finishAll(it);
      const outcome = held(it).some(isAlive) ? "cancelled" : "finished";
      const closed = it.fleet.close({ graceMs: 1_000 });
      await settle();
      it.clock.advance(1_000);
      expect(await closed).toBe(outcome);
      await settle();
      expect(open(it), "requests without an answer").toEqual([]);
      expect(it.fake.alive()).toEqual([]);
      expect(it.fake.loads).toEqual([]);
      expect(it.fleet.memory().used).toBe(0);
    }),
    { numRuns: 300 },
  );
});

const isAlive = ({ lease }: Asked) => (lease!.model as FakeRunner).isAlive;

/** Everybody is served in the end, if loads end, requests end and time passes. */
async function finishAll(world: World): Promise<void> {
  for (let round = 0; round < 100 && open(world).length + held(world).length > 0; round++) {
    for (const request of held(world)) release(request);
    for (const load of [...world.fake.loads]) load.finish();
    await settle();
    check(world);
    world.clock.advance(500);
    await settle();
  }
  expect(open(world), "requests that wait for ever").toEqual([]);
}
