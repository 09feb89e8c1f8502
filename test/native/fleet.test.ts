// The fleet over real processes: one model at a time in the budget, kill -9, memory that comes back.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import type { Runner } from "../../src/engine/index.ts";
import { createFleet, type Fleet, type Lease, modelRunners } from "../../src/fleet/index.ts";
import { completePlacement } from "../../src/llama/index.ts";
import { fakeEntry } from "../support/fake-fleet.ts";

const entry = (name: string) =>
  fakeEntry(name, { path: fileURLToPath(new URL(`../../models/${name}.gguf`, import.meta.url)) });
const entries = [entry("lab-moe"), entry("lab-dense")];
const runners = modelRunners({
  placement: completePlacement({ threads: 1 }),
  gpu: "off",
  execArgv: ["--import", "tsx"],
  onFallback: (reason) => expect.unreachable(reason),
});

let fleet: Fleet;
afterEach(() => fleet.close());

/** Bytes of a process; 0 when there is none. Linux alone tells. */
function resident(pid: number): number {
  try {
    return 1_024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const pidOf = ({ model }: Lease) => (model as Runner).pid;

async function answer({ model }: Lease, maxTokens = 6): Promise<string> {
  const prompt = await model.tokenize("The quick brown", { bos: true });
  for await (const event of model.generate({ prompt, maxTokens, ignoreEos: true }))
    if (event.type === "end") return event.text;
  throw new Error("There was no end.");
}

it("takes turns in a budget for one, and the memory of the other is back each time", async () => {
  const sizes = await Promise.all(entries.map(async (it) => (await runners.plan(it)).bytes));
  fleet = await createFleet(entries, { ...runners, budget: Math.max(...sizes) + 2 ** 20 });
  const texts = new Map<string, Set<string>>();
  const pids: number[] = [];
  for (const id of ["lab-moe", "lab-dense", "lab-moe", "lab-dense"]) {
    const lease = await fleet.lease(id);
    for (const pid of pids) expect(isThere(pid), "two processes at once").toBe(false);
    pids.push(pidOf(lease));
    texts.set(id, (texts.get(id) ?? new Set()).add(await answer(lease)));
    expect(fleet.memory().used).toBeGreaterThanOrEqual(Math.min(...sizes));
    lease.release();
  }
  expect([...texts.values()].map(({ size }) => size)).toEqual([1, 1]);
  const last = pids.at(-1)!;
  // What was predicted is what it has, within the noise of a process.
  if (process.platform === "linux") expect(resident(last)).toBeLessThan(sizes[1]! + 64 * 2 ** 20);
  await fleet.unload("lab-dense");
  expect(isThere(last)).toBe(false);
  expect(fleet.memory().used).toBe(0);
});

it("loses with kill -9 the requests in flight and nothing else", async () => {
  fleet = await createFleet(entries, runners);
  const [lost, other] = [await fleet.lease("lab-moe"), await fleet.lease("lab-dense")];
  const text = await answer(other, 200);
  const [inFlight, beside] = [answer(lost, 1_500), answer(other, 200)];
  process.kill(pidOf(lost), "SIGKILL");
  // Asked at once, as a retry would, before anybody told the fleet.
  const next = inFlight.catch(async (error) => {
    expect(error).toMatchObject({ code: "RUNNER_LOST" });
    lost.release();
    return fleet.lease("lab-moe");
  });
  const lease = (await next) as Lease;
  expect(pidOf(lease)).not.toBe(pidOf(lost));
  expect(await answer(lease)).toMatch(/\w/);
  expect(await beside).toBe(text);
  expect(fleet.find("lab-moe")).toMatchObject({ state: "ready", crashes: 1, leases: 1 });
  lease.release();
  other.release();
  expect(await fleet.close()).toBe("finished");
  expect([lost, other, lease].map((it) => isThere(pidOf(it)))).toEqual([false, false, false]);
});

it("says why a file cannot be loaded, and cancels a load that is closed", async () => {
  const broken = fakeEntry("broken", { path: fileURLToPath(import.meta.url) });
  await expect(createFleet([broken], runners)).rejects.toMatchObject({ code: "MODEL_INVALID" });
  fleet = await createFleet(entries, runners);
  const lease = fleet.lease("lab-moe");
  const refused = expect(lease).rejects.toMatchObject({ code: "CLOSING" });
  expect(await fleet.close()).toBe("finished");
  await refused;
  expect(fleet.memory().used).toBe(0);
});
