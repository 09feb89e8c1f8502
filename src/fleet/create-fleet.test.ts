import { describe, expect, it } from "vitest";
import { type FakeClock, fakeClock, fakeEntry, fakeRunners, settle } from "../../test/support/fake-fleet.ts";
import { AppError } from "../errors.ts";
import { createFleet } from "./create-fleet.ts";
import type { Fleet, FleetEntry } from "./fleet.ts";
import type { FleetOptions } from "./fleet-settings.ts";

const MACHINE = { available: 1_000, total: 1_000, limit: "machine" } as const;

async function fleetOf(
  entries: readonly (string | FleetEntry)[],
  { manual, sizes = {}, ...more }: Partial<FleetOptions> & { manual?: boolean; sizes?: object } = {},
) {
  const fake = fakeRunners(manual === undefined ? {} : { manual });
  for (const [id, bytes] of Object.entries(sizes)) fake.sizes.set(id, bytes);
  const clock = fakeClock();
  const fleet = await createFleet(
    entries.map((it) => (typeof it === "string" ? fakeEntry(it) : it)),
    { ...fake, clock, budget: 20, memory: () => MACHINE, ...more },
  );
  return { fleet, fake, clock };
}

const states = (fleet: Fleet) =>
  Object.fromEntries(fleet.models().map(({ entry, state }) => [entry.id, state]));
const use = async (fleet: Fleet, id: string) => (await fleet.lease(id)).release();
const pass = async (clock: FakeClock, ms: number) => {
  clock.advance(ms);
  await settle();
};

describe("loading", () => {
  it("begins with the first request, once for all that wait", async () => {
    const { fleet, fake } = await fleetOf(["a", "b"], { manual: true });
    const leases = Promise.all([fleet.lease("a"), fleet.lease("a"), fleet.lease("a")]);
    await settle();
    expect(fake.loads.map(({ id }) => id)).toEqual(["a"]);
    expect(fleet.find("a")).toMatchObject({ state: "loading", leases: 3 });
    expect(fleet.memory()).toEqual({ budget: 20, used: 10 });
    fake.loads[0]?.finish();
    const models = (await leases).map(({ model }) => model);
    expect(new Set(models).size).toBe(1);
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded" });
  });

  it("of pinned models begins at the start, and they stay", async () => {
    const { fleet, clock } = await fleetOf([fakeEntry("a", { pinned: true }), "b"], { idleMs: 1_000 });
    await settle();
    await use(fleet, "b");
    expect(states(fleet)).toEqual({ a: "ready", b: "ready" });
    await pass(clock, 10_000);
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded" });
  });

  it("that fails tells everybody why, and is tried again after some seconds", async () => {
    const { fleet, fake, clock } = await fleetOf(["a"], { manual: true });
    const waiting = [fleet.lease("a"), fleet.lease("a")];
    const failure = new AppError("MODEL_LOAD", "No such tensor.");
    fake.loads[0]?.finish(failure);
    for (const lease of waiting) await expect(lease).rejects.toBe(failure);
    expect(fleet.find("a")).toMatchObject({ state: "failed", error: "No such tensor.", leases: 0 });
    expect(fleet.memory().used).toBe(0);
    await expect(fleet.lease("a")).rejects.toMatchObject({
      code: "MODEL_LOAD",
      message: "No such tensor.",
      details: { retryAfterSeconds: 3 },
    });
    expect(fake.loads).toHaveLength(0);
    await pass(clock, 3_000);
    const lease = fleet.lease("a");
    fake.loads[0]?.finish();
    (await lease).release();
    expect(fleet.find("a")).toMatchObject({ state: "ready", error: undefined });
  });

  it("goes on when those who waited have left", async () => {
    const { fleet, fake } = await fleetOf(["a"], { manual: true });
    const stop = new AbortController();
    const lease = fleet.lease("a", { signal: stop.signal });
    stop.abort();
    await expect(lease).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(fleet.lease("a", { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(fleet.find("a")).toMatchObject({ state: "loading", leases: 0 });
    fake.loads[0]?.finish();
    await settle();
    expect(states(fleet)).toEqual({ a: "ready" });
  });

  it("keeps a bounded number of requests waiting", async () => {
    const { fleet, fake, clock } = await fleetOf(["a", "b"], { manual: true, queueLimit: 2 });
    const waiting = [fleet.lease("a"), fleet.lease("a")];
    await pass(clock, 4_000);
    await expect(fleet.lease("a")).rejects.toMatchObject({
      code: "BUSY",
      details: { waiting: 2, limit: 2, retryAfterSeconds: 6 },
    });
    const other = fleet.lease("b");
    for (const load of [...fake.loads]) load.finish();
    await Promise.all([...waiting, other]);
    await Promise.all([fleet.lease("a"), fleet.lease("a"), fleet.lease("a")]);
  });
});

describe("room", () => {
  it("is made by the model that was not used for the longest time, never by one in use", async () => {
    const { fleet, clock } = await fleetOf(["a", "b", "c"]);
    await use(fleet, "a");
    await pass(clock, 10);
    await use(fleet, "b");
    await pass(clock, 10);
    await use(fleet, "a");
    await use(fleet, "c");
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded", c: "ready" });
    const lease = await fleet.lease("a");
    await use(fleet, "b");
    expect(states(fleet)).toEqual({ a: "ready", b: "ready", c: "unloaded" });
    lease.release();
  });

  it("is waited for while all who could make it are in use", async () => {
    const { fleet } = await fleetOf(["a", "b"], { sizes: { a: 15, b: 15 } });
    const first = await fleet.lease("a");
    let got = false;
    const second = fleet.lease("b").then((lease) => {
      got = true;
      return lease;
    });
    await settle();
    expect(got).toBe(false);
    first.release();
    first.release();
    (await second).release();
    expect(states(fleet)).toEqual({ a: "unloaded", b: "ready" });
  });

  it("comes even if another model is never without requests", async () => {
    const { fleet, clock } = await fleetOf(["a", "b"], { sizes: { a: 15, b: 15 }, patienceMs: 1_000 });
    let held = await fleet.lease("a");
    const wanted = fleet.lease("b");
    const renew = async () => {
      const next = fleet.lease("a");
      await settle();
      held.release();
      return next;
    };
    held = await renew();
    held = await renew();
    await pass(clock, 1_000);
    const late = renew();
    const lease = await wanted;
    expect(states(fleet)).toEqual({ a: "unloaded", b: "ready" });
    lease.release();
    (await late).release();
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded" });
  });

  it("is not made by a lease that is given back twice", async () => {
    const { fleet } = await fleetOf(["a", "b"], { sizes: { a: 15, b: 15 } });
    const [first, second] = [await fleet.lease("a"), await fleet.lease("a")];
    first.release();
    first.release();
    const wanted = fleet.lease("b");
    await settle();
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded" });
    second.release();
    (await wanted).release();
  });

  it("comes from the first busy model that is free for a moment, though others want it again", async () => {
    const { fleet, clock } = await fleetOf(["a", "b", "c"], { patienceMs: 1_000 });
    const first = await fleet.lease("a");
    await pass(clock, 10);
    const second = await fleet.lease("b");
    const wanted = fleet.lease("c");
    await pass(clock, 1_000);
    const again = [fleet.lease("a"), fleet.lease("b")];
    await settle();
    first.release();
    (await wanted).release();
    second.release();
    for (const lease of again) (await lease).release();
  });

  it("that is free is taken by others only as long as nobody has waited for it too long", async () => {
    const sizes = { a: 15, b: 18, c: 2, d: 3 };
    const { fleet, clock } = await fleetOf(["a", "b", "c", "d"], { sizes, patienceMs: 1_000 });
    const held = await fleet.lease("a");
    const wanted = fleet.lease("b");
    await use(fleet, "d");
    await pass(clock, 1_000);
    const late = fleet.lease("c");
    await settle();
    expect(states(fleet)).toEqual({ a: "ready", b: "unloaded", c: "unloaded", d: "ready" });
    held.release();
    for (const lease of [await wanted, await late]) lease.release();
    expect(states(fleet)).toEqual({ a: "unloaded", b: "ready", c: "ready", d: "unloaded" });
  });

  it("that can never be is refused at once, with who holds what", async () => {
    const pinned = fakeEntry("a", { pinned: true });
    const { fleet, fake } = await fleetOf([pinned, "b", "huge"], { sizes: { b: 15, huge: 21 } });
    await settle();
    await expect(fleet.lease("huge")).rejects.toMatchObject({
      code: "OUT_OF_MEMORY",
      details: { model: "huge", needed: 21, budget: 20 },
    });
    await expect(fleet.lease("b")).rejects.toMatchObject({
      code: "OUT_OF_MEMORY",
      message: expect.stringContaining("what is pinned stays: a with"),
      details: { held: [{ id: "a", bytes: 10, leases: 0, pinned: true }] },
    });
    expect(fake.runners).toHaveLength(1);
  });

  it("counts what a process has, if that is more than was predicted", async () => {
    const { fleet, fake } = await fleetOf(["a", "b"]);
    await use(fleet, "a");
    Object.assign(fake.runners[0]!, { resident: 13 });
    expect(fleet.memory().used).toBe(13);
    await use(fleet, "b");
    expect(states(fleet)).toEqual({ a: "unloaded", b: "ready" });
  });

  it("is asked of the machine too: others may have taken it", async () => {
    let available = 1_000;
    const { fleet } = await fleetOf(["a", "b"], { memory: () => ({ ...MACHINE, available }) });
    await use(fleet, "a");
    available = 5;
    await expect(fleet.lease("b")).rejects.toMatchObject({
      code: "OUT_OF_MEMORY",
      details: { needed: 10, available: 5 },
    });
    // The idle one went for it first.
    expect(states(fleet)).toEqual({ a: "unloaded", b: "unloaded" });
  });

  it("of a model on a GPU is planned again before each load: what is free there has changed", async () => {
    let bytes = 12;
    const planned: string[] = [];
    const { fleet, fake } = await fleetOf(["a", "gpu"], {
      async plan(entry) {
        planned.push(entry.id);
        const plan = await fakeRunners().plan(entry);
        return entry.id === "gpu" ? { ...plan, bytes, own: bytes, usesGpu: true } : { ...plan, bytes: 8 };
      },
    });
    await use(fleet, "a");
    await use(fleet, "gpu");
    expect(states(fleet)).toEqual({ a: "ready", gpu: "ready" });
    await fleet.unload("gpu");
    // More of it has to be in RAM now, and the other one has to go for it.
    bytes = 15;
    await use(fleet, "gpu");
    expect(states(fleet)).toEqual({ a: "unloaded", gpu: "ready" });
    expect(fleet.find("gpu")?.memory.predicted).toBe(15);
    expect(planned).toEqual(["a", "gpu", "gpu", "gpu", "gpu"]);
    expect(fake.runners.map(({ id }) => id)).toEqual(["a", "gpu", "gpu"]);
  });

  it("is, without a budget, what is free less a reserve", async () => {
    const { fleet } = await fleetOf(["a"], {
      budget: undefined,
      memory: () => ({ available: 6 * 2 ** 30, total: 16 * 2 ** 30, limit: "machine" }),
    });
    expect(fleet.memory().budget).toBe(5 * 2 ** 30);
  });
});

describe("a crash", () => {
  it("costs the requests of that process; the next one starts another", async () => {
    const { fleet, fake } = await fleetOf(["a", "b"]);
    const other = await fleet.lease("b");
    const lost = await fleet.lease("a");
    fake.runners[1]?.kill();
    await settle();
    expect(fleet.find("a")).toMatchObject({ state: "unloaded", crashes: 1, leases: 0 });
    expect(fleet.memory().used).toBe(10);
    const next = await fleet.lease("a");
    expect(next.model).not.toBe(lost.model);
    lost.release();
    expect(fleet.find("a")?.leases).toBe(1);
    for (const lease of [next, other]) lease.release();
    expect(fake.alive().map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("that comes again and again makes the next ones wait, longer and longer, and says so", async () => {
    const { fleet, fake, clock } = await fleetOf(["a"]);
    const crash = async () => {
      await use(fleet, "a");
      fake.runners.at(-1)?.kill();
      await settle();
    };
    await crash();
    await crash();
    await crash();
    const refusal = (retryAfterSeconds: number) => ({
      code: "RUNNER_LOST",
      message: expect.stringMatching(/^The process of a keeps ending by itself \(\d times within a minute/),
      details: { retryAfterSeconds },
    });
    await expect(fleet.lease("a")).rejects.toMatchObject(refusal(2));
    await pass(clock, 2_000);
    await crash();
    await expect(fleet.lease("a")).rejects.toMatchObject(refusal(4));
    expect(fleet.find("a")).toMatchObject({ crashes: 4 });
    await pass(clock, 4_000);
    await use(fleet, "a");
    await pass(clock, 60_000);
    await crash();
    await crash();
    await use(fleet, "a");
  });
});

describe("unloading", () => {
  it("comes after the idle time, counted from the last request", async () => {
    const { fleet, clock } = await fleetOf(["a"], { idleMs: 1_000 });
    const lease = await fleet.lease("a");
    await pass(clock, 5_000);
    expect(states(fleet)).toEqual({ a: "ready" });
    lease.release();
    await pass(clock, 900);
    await use(fleet, "a");
    await pass(clock, 900);
    expect(states(fleet)).toEqual({ a: "ready" });
    await pass(clock, 100);
    expect(states(fleet)).toEqual({ a: "unloaded" });
  });

  it("by hand waits for the requests that came before; later ones load it again", async () => {
    const { fleet, fake } = await fleetOf(["a"]);
    const lease = await fleet.lease("a");
    const unloaded = Promise.all([fleet.unload("a"), fleet.unload("a")]);
    const later = fleet.lease("a");
    await settle();
    expect(fake.alive()).toHaveLength(1);
    lease.release();
    await unloaded;
    (await later).release();
    expect(fake.runners.map(({ isAlive }) => isAlive)).toEqual([false, true]);
    await fleet.unload("a");
    await fleet.unload("a");
    expect(fake.alive()).toEqual([]);
    expect(fleet.find("a")).toMatchObject({ state: "unloaded", crashes: 0 });
  });
});

describe("names", () => {
  it("are ids and aliases as they are written, and nothing else", async () => {
    const { fleet } = await fleetOf([fakeEntry("lab-moe", { aliases: ["local-mixtral"] }), "lab-dense"]);
    expect(fleet.find("local-mixtral")?.entry.id).toBe("lab-moe");
    for (const name of ["Lab-Moe", "lab", "auto", "", "__proto__"]) expect(fleet.find(name)).toBeUndefined();
    await expect(fleet.lease("lab-meo")).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      hint: "Did you mean lab-moe? Served: lab-moe, lab-dense.",
    });
    await expect(fleet.lease("x\u001b[31m".repeat(100_000))).rejects.toMatchObject({
      message: expect.not.stringContaining("\u001b"),
    });
    await expect(fleet.unload("nobody")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  });

  it("can change without touching what is loaded", async () => {
    const { fleet, fake } = await fleetOf([fakeEntry("a", { aliases: ["old"] }), "b"]);
    const lease = await fleet.lease("a");
    await use(fleet, "b");
    const renamed = fakeEntry("a2", { path: "/models/a.gguf", aliases: ["new"], tier: "large" });
    await fleet.reload([fakeEntry("b"), renamed, fakeEntry("c")]);
    expect(fleet.models().map(({ entry, state }) => [entry.id, state])).toEqual([
      ["b", "ready"],
      ["a2", "ready"],
      ["c", "unloaded"],
    ]);
    expect(fleet.find("old")).toBeUndefined();
    expect((await fleet.lease("new")).model).toBe(lease.model);
    expect(fake.plans).toEqual(["a", "b", "c"]);
  });

  it("that are gone take their models along when the requests have ended", async () => {
    const { fleet, fake } = await fleetOf(["a", "b"]);
    const [a, b] = [await fleet.lease("a"), await fleet.lease("b")];
    await fleet.reload([fakeEntry("a", { context: 64 })]);
    expect(fleet.models()).toMatchObject([{ state: "unloaded", facts: { context: 64 } }]);
    expect(fleet.find("b")).toBeUndefined();
    expect(fleet.memory().used).toBe(20);
    expect(fake.alive()).toHaveLength(2);
    b.release();
    a.release();
    await settle();
    expect(fake.alive()).toHaveLength(0);
    expect(fleet.memory().used).toBe(0);
  });

  it("that cannot be served leave everything as it was", async () => {
    const { fleet } = await fleetOf(["a"], {
      async plan({ id }) {
        if (id === "broken") throw new AppError("MODEL_INVALID", "Truncated.");
        return fakeRunners().plan(fakeEntry(id));
      },
    });
    await expect(fleet.reload([fakeEntry("broken")])).rejects.toMatchObject({ code: "MODEL_INVALID" });
    await expect(fleet.reload([fakeEntry("b"), fakeEntry("b")])).rejects.toMatchObject({ code: "CONFIG" });
    await expect(fleet.reload([])).rejects.toMatchObject({ code: "CONFIG" });
    await use(fleet, "a");
  });
});

describe("speeds", () => {
  it("are averages over what was computed", async () => {
    const { fleet } = await fleetOf(["a"]);
    const lease = await fleet.lease("a");
    const answer = { promptTokens: 120, cachedTokens: 20, completionTokens: 11 };
    const timings = { queued: 0, prompt: 1_000, generation: 1_000 };
    lease.observe({ ...answer, timings });
    expect(fleet.find("a")?.speed).toEqual({ prompt: 100, generation: 10 });
    lease.observe({ ...answer, timings: { ...timings, prompt: 500 } });
    lease.observe({ ...answer, cachedTokens: 119, completionTokens: 1, timings });
    expect(fleet.find("a")?.speed).toEqual({ prompt: 120, generation: 10 });
  });
});

describe("closing", () => {
  it("lets requests finish, refuses new ones and ends every process", async () => {
    const { fleet, fake } = await fleetOf(["a", "b"]);
    const lease = await fleet.lease("a");
    await use(fleet, "b");
    const closed = fleet.close({ graceMs: 1_000 });
    await expect(fleet.lease("a")).rejects.toMatchObject({ code: "CLOSING" });
    await expect(fleet.reload([fakeEntry("a")])).rejects.toMatchObject({ code: "CLOSING" });
    lease.release();
    expect(await closed).toBe("finished");
    expect(fake.alive()).toEqual([]);
    expect(fleet.memory().used).toBe(0);
  });

  it("cancels what takes too long, stops loads and refuses who waits", async () => {
    const { fleet, fake, clock } = await fleetOf(["a", "b"], { manual: true });
    const first = fleet.lease("a");
    fake.loads[0]?.finish();
    await first;
    const waiting = fleet.lease("b");
    const closed = fleet.close({ graceMs: 1_000 });
    await expect(waiting).rejects.toMatchObject({ code: "CLOSING" });
    expect(fake.loads).toEqual([]);
    clock.advance(1_000);
    expect(await closed).toBe("cancelled");
    expect(await fleet.close()).toBe("cancelled");
    expect(fake.alive()).toEqual([]);
    expect(states(fleet)).toEqual({ a: "unloaded", b: "unloaded" });
  });
});
