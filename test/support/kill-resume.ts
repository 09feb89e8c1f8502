/**
 * Kills the real program (SIGKILL) at random moments, lets it go on until its run is complete, and demands the
 * evidence of a run that nobody disturbed. Failures are thrown by node:assert, so that tests and scripts share it.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createClient } from "@libsql/client";
import type { MineResult } from "../../src/glitch/index.ts";
import { openStore, type RunRecord } from "../../src/store/index.ts";

export interface Program {
  readonly main: string;
  /** Flags for Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  /** Settles as soon as stderr holds `count` matches of the pattern, or the program has ended. */
  seen(pattern: RegExp, count?: number): Promise<void>;
}

/** What a run left behind, without what may differ: its name, times, events, and who held its lock. */
export interface Evidence {
  readonly status: string;
  readonly model: RunRecord["model"];
  readonly settings: RunRecord["settings"];
  readonly summary: RunRecord["summary"];
  readonly pages: readonly { digest: string; rows: readonly unknown[] }[];
  readonly document: unknown;
}

/** One kill and what it left. */
export interface Kill {
  /** Moments over the whole life of a process hit its start and end; those at progress hit transactions. */
  readonly moment: "any time" | "at progress";
  readonly afterMs: number;
  /** "none": killed before the run was stored. */
  readonly status: "none" | RunRecord["status"];
  readonly pages: number;
}

/** First told at the end of a page, just before its transaction; at the second sign that page is stored. */
export const PROGRESS = /"stage":"census","done":\d+,"total":\d+,"found":/;
/** Signs of progress in one sitting after which a kill "at progress" may come. */
const MOST_SIGNS = 4;
/** A transaction takes some milliseconds; later moments fall into the next page's probes. */
const AT_PROGRESS_MS = 15;

/** Starts the program; its store is that of `program.env`. */
export function start(program: Program, args: readonly string[]): Running {
  const { main, nodeArgs = [], cwd, env } = program;
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  let hear = () => {};
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    hear();
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, stderr }));
  });
  return {
    child,
    ended,
    async seen(pattern, count = 1) {
      const every = new RegExp(pattern, "g");
      const enough = new Promise<void>((resolve) => {
        hear = () => {
          if ((stderr.match(every)?.length ?? 0) >= count) resolve();
        };
        hear();
      });
      await Promise.race([enough, ended]);
    },
  };
}

/** Everything that the last run of a store has to show. */
export async function evidenceOf(path: string): Promise<Evidence> {
  const store = await openStore({ path });
  try {
    const { run, pages, document } = await store.exportRun("last");
    const { status, model, settings, summary } = run;
    return {
      status,
      model,
      settings,
      summary,
      pages: pages.map(({ digest, rows }) => ({ digest, rows })),
      document: document === undefined ? undefined : withoutTimes(document as MineResult),
    };
  } finally {
    await store.close();
  }
}

function withoutTimes({ run, seconds, ...document }: MineResult): Omit<MineResult, "run" | "seconds"> {
  assert.match(run, /^mine-/);
  assert.ok(seconds > 0);
  return document;
}

/**
 * Mines in the store at `path`, killed up to `kills` times, until the run is complete; checks what each kill left
 * and the end against `whole`. Fewer kills come back when the run was complete before.
 *
 * @param args the mine, with --progress json
 * @param wholeMs how long the undisturbed process took
 * @throws AssertionError if anything differs
 */
export async function mineUnderKills(options: {
  program: Program;
  args: readonly string[];
  path: string;
  random: () => number;
  kills: number;
  whole: Evidence;
  wholeMs: number;
  onKill?: (kill: Kill) => void;
}): Promise<Kill[]> {
  const { args, path, random, whole, wholeMs, onKill = () => {} } = options;
  const program = { ...options.program, env: { ...options.program.env, ASSAY_STORE: path } };
  const kills: Kill[] = [];
  const dead: number[] = [];
  for (;;) {
    const began = kills.some(({ status }) => status !== "none");
    const running = start(program, began ? ["runs", "resume", "last", "--progress", "json"] : args);
    const mayKill = kills.length < options.kills;
    const moment = mayKill ? await killAtRandom(running, random, wholeMs) : undefined;
    const ending = await running.ended;
    if (ending.signal !== "SIGKILL" || moment === undefined) {
      assert.equal(ending.status, 0, ending.stderr);
      assert.deepEqual(await evidenceOf(path), whole);
      return kills;
    }
    dead.push(running.child.pid!);
    const kill = { ...moment, ...(await checkRemains(path, whole, dead)) };
    kills.push(kill);
    onKill(kill);
  }
}

/** Sends SIGKILL at a moment that half of the times is any, and else near the end of a page. */
async function killAtRandom(running: Running, random: () => number, wholeMs: number) {
  const moment = random() < 0.5 ? "any time" : "at progress";
  const signs = 1 + Math.floor(random() * MOST_SIGNS);
  const afterMs = random() * (moment === "any time" ? wholeMs : AT_PROGRESS_MS);
  if (moment === "at progress") await running.seen(PROGRESS, signs);
  const timer = setTimeout(() => running.child.kill("SIGKILL"), afterMs);
  await running.ended;
  clearTimeout(timer);
  return { moment, afterMs } as const;
}

/** The store is sound, its pages are the first of the whole run's, and only a dead process holds the lock. */
async function checkRemains(
  path: string,
  whole: Evidence,
  dead: readonly number[],
): Promise<Pick<Kill, "status" | "pages">> {
  const runs = await raw(path, "SELECT name FROM sqlite_schema WHERE name = 'runs'");
  if (runs.length === 0 || (await raw(path, "SELECT id FROM runs")).length === 0) {
    return { status: "none", pages: 0 };
  }
  assert.deepEqual(await raw(path, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
  assert.deepEqual(await raw(path, "PRAGMA foreign_key_check"), []);
  const left = await evidenceOf(path);
  assert.deepEqual(left.pages, whole.pages.slice(0, left.pages.length));
  const isDone = left.document !== undefined;
  assert.equal(left.status, isDone ? "done" : "interrupted");
  if (isDone) assert.deepEqual(left, whole);
  // No row: killed before it took the lock, or after it gave it back.
  for (const { pid } of await raw(path, "SELECT pid FROM locks")) assert.ok(dead.includes(Number(pid)));
  return { status: left.status, pages: left.pages.length };
}

/** Rows as SQLite gives them, past everything that the store knows. */
export async function raw(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = createClient({ url: `file:${path}` });
  try {
    const { rows, columns } = await client.execute(sql);
    return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
  } finally {
    client.close();
  }
}
