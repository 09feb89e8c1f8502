/** The soak itself: clients for a time, two kills, and what the server is like afterwards. */

import { setTimeout as delay } from "node:timers/promises";
import { type ServeProcess, startServe } from "../../../src/cli/serve/serve-process.ts";
import type { MemorySample } from "../../../src/measure/models/memory-slope.ts";
import { createRandom } from "../../../src/random.ts";
import { findKnownReplies, type KnownReplies } from "./known-replies.ts";
import { pause, pickClass } from "./request-classes.ts";
import {
  createServerLog,
  isAlive,
  leftovers,
  residentBytes,
  type ServerLog,
  scrape,
} from "./server-watch.ts";
import {
  type ClassSummary,
  type Done,
  judgeMemory,
  judgeRequests,
  type Kill,
  type MemoryVerdict,
} from "./verdict.ts";

export interface SoakPlan {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  readonly models: readonly string[];
  /** Folder for what the server writes. */
  readonly folder: string;
  /** The program, and arguments of Node. */
  readonly main: string;
  readonly execArgv: readonly string[];
  readonly note: (line: string) => void;
}

export interface SoakResult {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  readonly known: { readonly replies: number; readonly margin: number };
  readonly classes: readonly ClassSummary[];
  readonly kills: readonly Kill[];
  readonly memory: readonly MemoryVerdict[];
  readonly violations: readonly string[];
}

const SAMPLE_MS = 500;
/** Work of those who left ends at the next step; on a busy machine that takes a moment. */
const SETTLE_MS = 20_000;
/** Kills come in the first part, so that the rest is long enough for a line through the memory. */
const KILL_SHARES = [
  [0.1, 0.2],
  [0.25, 0.35],
] as const;

export async function runSoak(plan: SoakPlan): Promise<SoakResult> {
  const { models, folder, note } = plan;
  const killed = new Set<string>();
  const log = createServerLog((model) => killed.has(model));
  const aliases = models.map((model) => `${model}-alias`);
  const server = await startServe({
    args: [
      ...models,
      ...models.flatMap((model) => ["--alias", `${model}-alias=${model}`]),
      ...["--log-format", "json", "--store", `${folder}/runs.db`],
    ],
    main: plan.main,
    execArgv: plan.execArgv,
    onLog: log.add,
  });
  let isStopped = false;
  try {
    const known = await findKnownReplies(server.url, models);
    note(`${known.kept} replies are known; each token leads by ${known.margin.toFixed(2)} nats or more.`);
    const load = await underLoad(plan, {
      server,
      log,
      known,
      killed,
      names: [...models, ...aliases, "auto"],
    });
    const { classes, violations } = judgeRequests(load.done, load.kills);
    violations.push(...(await settle(server)));
    isStopped = true;
    violations.push(...(await endOf(server, log)));
    const lost = load.kills.filter(({ backAt }) => backAt === undefined);
    violations.push(
      ...lost.map(({ model, at }) => `${model} did not come back after the kill at ${at.toFixed(1)} s`),
    );
    violations.push(...log.faults.map((line) => `in the log: ${line}`));
    const grown = load.memory.filter(({ isGrowing }) => isGrowing);
    violations.push(...grown.map(({ process }) => `the memory of ${process} grows`));
    return {
      ...{ seed: plan.seed, seconds: plan.seconds, clients: plan.clients },
      known: { replies: known.kept, margin: known.margin },
      ...{ classes, kills: load.kills, memory: load.memory, violations },
    };
  } finally {
    if (!isStopped) await server.stop();
  }
}

interface LoadParts {
  readonly server: ServeProcess;
  readonly log: ServerLog;
  readonly known: KnownReplies;
  readonly killed: Set<string>;
  readonly names: readonly string[];
}

async function underLoad(plan: SoakPlan, parts: LoadParts) {
  const { server, log, known, killed, names } = parts;
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1_000;
  const done: Done[] = [];
  const samples = new Map<string, MemorySample[]>();
  const sample = setInterval(() => {
    for (const [name, pid] of [["server", server.pid] as const, ...log.runners]) {
      const bytes = residentBytes(pid);
      const own = samples.get(`${name} ${pid}`) ?? [];
      if (bytes) samples.set(`${name} ${pid}`, [...own, { seconds: elapsed(), bytes }]);
    }
  }, SAMPLE_MS);
  const client = async (index: number) => {
    const random = createRandom(plan.seed + 1_000 * index);
    while (elapsed() < plan.seconds) {
      const one = pickClass(random);
      const from = elapsed();
      const finding = await one
        .run({ url: server.url, known, names, random })
        .catch((error: Error) => `${error.name}: ${error.message} ${(error.cause as Error)?.message ?? ""}`);
      done.push({ class: one.id, from, to: elapsed(), finding });
      await pause(random);
    }
  };
  const clients = Array.from({ length: plan.clients }, (_, index) => client(index + 1));
  const kills = await killTwice(plan, { log, killed, elapsed });
  await Promise.all(clients);
  clearInterval(sample);
  // Of a model only its last process: those that were killed had too short a life for a line.
  const last = [["server", server.pid] as const, ...log.runners];
  const memory = last.map(([name, pid]) => judgeMemory(name, samples.get(`${name} ${pid}`) ?? []));
  return { done, kills, memory };
}

async function killTwice(
  { seconds, seed, models, note }: SoakPlan,
  { log, killed, elapsed }: { log: ServerLog; killed: Set<string>; elapsed: () => number },
): Promise<Kill[]> {
  const random = createRandom(seed);
  const kills: Kill[] = [];
  for (const [from, to] of KILL_SHARES) {
    await delay(1_000 * Math.max(0, seconds * (from + random() * (to - from)) - elapsed()));
    const model = models[Math.floor(random() * models.length)]!;
    const pid = log.runners.get(model);
    if (pid === undefined) throw new Error(`${model} has no process to kill`);
    killed.add(model);
    const at = elapsed();
    process.kill(pid, "SIGKILL");
    while (elapsed() < seconds && (log.runners.get(model) ?? pid) === pid) await delay(20);
    const backAt = (log.runners.get(model) ?? pid) === pid ? undefined : elapsed();
    note(
      `${at.toFixed(1)} s: killed the process of ${model}; back after ${backAt === undefined ? "–" : (backAt - at).toFixed(1)} s.`,
    );
    kills.push({ model, at, backAt });
  }
  return kills;
}

/** Nothing may be held when nobody asks any more. */
async function settle({ url }: ServeProcess): Promise<string[]> {
  let left: string[] = [];
  for (const until = Date.now() + SETTLE_MS; Date.now() < until; await delay(100)) {
    left = leftovers(await scrape(url));
    if (left.length === 0) return [];
  }
  return left.map((metric) => `still held when all had their replies: ${metric}`);
}

async function endOf(server: ServeProcess, { pids }: ServerLog): Promise<string[]> {
  const status = await server.stop();
  const alive = pids.filter(isAlive);
  return [
    ...(status === 0 ? [] : [`told to end, the server ended with ${status ?? "a signal"}`]),
    ...alive.map((pid) => `process ${pid} of a model outlived the server`),
  ];
}
