// Runners and a clock without processes and time, for tests of the fleet.

import type { Runner, RunnerEnd } from "../../src/engine/index.ts";
import { createScriptedModel } from "../../src/engine/index.ts";
import { AppError } from "../../src/errors.ts";
import type { FleetClock, FleetEntry, FleetOptions, LoadPlan } from "../../src/fleet/index.ts";

/** Lets everything that has been resolved so far go on. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface FakeClock extends FleetClock {
  advance(ms: number): void;
}

export function fakeClock(): FakeClock {
  let now = 1_000_000;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((it) => it !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((it) => it !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}

export interface FakeRunner extends Runner {
  readonly id: string;
  readonly context: number | undefined;
  /** Ends it as the system would. */
  kill(): void;
  readonly isAlive: boolean;
}

export interface FakeLoad {
  readonly id: string;
  readonly context: number | undefined;
  /** Ends the load; the runner is undefined where it failed. */
  finish(error?: unknown): FakeRunner | undefined;
}

/** Runners whose loads the test ends, or which are loaded at once. */
export interface FakeRunners extends Pick<FleetOptions, "open" | "plan"> {
  /** Loads under way. */
  readonly loads: FakeLoad[];
  /** All that were ever opened. */
  readonly runners: FakeRunner[];
  alive(): FakeRunner[];
  /** Bytes that loading a model takes. */
  readonly sizes: Map<string, number>;
  /** How often each model was planned. */
  readonly plans: string[];
}

export function fakeRunners({ manual = false } = {}): FakeRunners {
  const fake: FakeRunners = {
    loads: [],
    runners: [],
    sizes: new Map(),
    plans: [],
    alive: () => fake.runners.filter(({ isAlive }) => isAlive),
    async plan(entry) {
      fake.plans.push(entry.id);
      return planOf(entry, fake.sizes.get(entry.id) ?? 10);
    },
    open({ id, context }, { plan, signal }) {
      if (!manual) {
        const runner = fakeRunner(id, context, plan.bytes);
        fake.runners.push(runner);
        return Promise.resolve(runner);
      }
      return new Promise((resolve, reject) => {
        const load: FakeLoad = {
          id,
          context,
          finish(error) {
            fake.loads.splice(fake.loads.indexOf(load), 1);
            if (error !== undefined) {
              reject(error);
              return undefined;
            }
            const runner = fakeRunner(id, context, plan.bytes);
            fake.runners.push(runner);
            resolve(runner);
            return runner;
          },
        };
        fake.loads.push(load);
        signal.addEventListener("abort", () => load.finish(new AppError("CANCELLED", "stopped")));
      });
    },
  };
  return fake;
}

function planOf(entry: FleetEntry, bytes: number): LoadPlan {
  const { info } = createScriptedModel();
  return {
    facts: { ...info, name: entry.name, path: entry.path, context: entry.context ?? 2_048 } as never,
    fingerprint: `fingerprint of ${entry.path}`,
    bytes,
    own: bytes,
    placement: {} as never,
    usesGpu: false,
  };
}

let pid = 1;
function fakeRunner(id: string, context: number | undefined, resident: number): FakeRunner {
  let end: ((end: RunnerEnd) => void) | undefined;
  const ended = new Promise<RunnerEnd>((resolve) => {
    end = resolve;
  });
  const finish = (it: RunnerEnd) => {
    end?.(it);
    end = undefined;
  };
  return {
    ...createScriptedModel(),
    id,
    context,
    pid: pid++,
    resident,
    ended,
    get isAlive() {
      return end !== undefined;
    },
    kill: () => finish({ expected: false, how: "SIGKILL" }),
    async close() {
      finish({ expected: true, how: "status 0" });
    },
  };
}

/** An entry; `name` sets everything that is not given. */
export function fakeEntry(id: string, more: Partial<FleetEntry> = {}): FleetEntry {
  return {
    id,
    aliases: [],
    path: `/models/${id}.gguf`,
    name: id,
    tier: undefined,
    context: undefined,
    pinned: false,
    ...more,
  };
}
