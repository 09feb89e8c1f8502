/** A run disturbed in every way that we know of ends with the evidence of one that nobody disturbed. */

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/random.ts";
import { openDatabase } from "../../src/store/database.ts";
import { MIGRATIONS, migrate } from "../../src/store/migrations.ts";
import { type Evidence, evidenceOf, mineUnderKills, PROGRESS, raw, start } from "../support/kill-resume.ts";
import { MAIN } from "./run.ts";

const KILLS = 5;
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
// Answers of few tokens: what counts is where they are broken off, not what they say.
const MINE = "mine lab-dense --budget 288 --validation-tokens 4 --seed 3 --progress json".split(" ");
const RESUME = ["runs", "resume", "last", "--progress", "json"];
const TABLES = ["runs", "pages", "items", "events", "locks"];

const folder = mkdtempSync(join(tmpdir(), "assay-kill-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (store: string) => ({
  main: MAIN,
  cwd: folder,
  env: { HOME: folder, PATH: process.env.PATH ?? "", ASSAY_STORE: join(folder, store) },
});

let whole: Evidence;
let wholeMs: number;
let killed: number;

beforeAll(async () => {
  const began = performance.now();
  expect((await start(program("whole.db"), MINE).ended).status).toBe(0);
  wholeMs = performance.now() - began;
  whole = await evidenceOf(join(folder, "whole.db"));

  const running = start(program("half.db"), MINE);
  await running.seen(PROGRESS, 2);
  running.child.kill("SIGKILL");
  expect((await running.ended).signal).toBe("SIGKILL");
  killed = running.child.pid!;
  expect((await evidenceOf(join(folder, "half.db"))).pages.length).toBeGreaterThan(1);
  // One file that can be copied: without this the last pages are in the log beside it.
  await raw(join(folder, "half.db"), "PRAGMA wal_checkpoint(TRUNCATE)");
}, 600_000);

/** A store whose run was killed after its first pages. */
function halfStore(name: string): string {
  copyFileSync(join(folder, "half.db"), join(folder, name));
  return join(folder, name);
}

it(`survives ${KILLS} kills at random moments (KILL_SEED=${SEED})`, { timeout: 600_000 }, async () => {
  const random = createRandom(SEED);
  for (let kills = 0, run = 0; kills < KILLS; run++) {
    const path = join(folder, `killed-${run}.db`);
    const options = { program: program(`killed-${run}.db`), args: MINE, path, random, whole, wholeMs };
    kills += (await mineUnderKills({ ...options, kills: KILLS - kills })).length;
  }
});

it("goes on after Ctrl-C, and after a second one that ends it at once", async () => {
  const here = program("interrupted.db");
  const path = join(folder, "interrupted.db");
  const first = start(here, MINE);
  await first.seen(PROGRESS);
  first.child.kill("SIGINT");
  const { status, stderr } = await first.ended;
  expect(status).toBe(130);
  expect(stderr).toContain("npx assay runs resume mine-");
  const left = await evidenceOf(path);
  expect(left.status).toBe("interrupted");
  expect(left.pages).toEqual(whole.pages.slice(0, left.pages.length));

  const second = start(here, RESUME);
  await second.seen(/"run-start"/);
  second.child.kill("SIGINT");
  await second.seen(/Press Ctrl-C again/);
  second.child.kill("SIGINT");
  expect((await second.ended).status).toBe(130);

  expect((await start(here, RESUME).ended).status).toBe(0);
  expect(await evidenceOf(path)).toEqual(whole);
});

// Windows knows no SIGSTOP.
it.skipIf(process.platform === "win32")("belongs to one process: a second one harms nothing", async () => {
  const here = program("shared.db");
  const first = start(here, MINE);
  await first.seen(PROGRESS);
  // Held still, so that the second certainly comes while the first is at work.
  first.child.kill("SIGSTOP");
  for (const args of [RESUME, [...MINE, "--resume"], ["runs", "rm", "last"]]) {
    const { status, stderr } = await start(here, args).ended;
    expect(status, stderr).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `error: The run mine-\\S+ is being written by process ${first.child.pid} on .+\\nhint: .+\\n$`,
      ),
    );
  }
  first.child.kill("SIGCONT");
  expect((await first.ended).status).toBe(0);
  expect(await evidenceOf(join(folder, "shared.db"))).toEqual(whole);
});

it("takes over the lock of a killed process, even where its number lives on as another's", async () => {
  const path = halfStore("stale.db");
  expect(await raw(path, "SELECT pid FROM locks")).toEqual([{ pid: killed }]);
  // Only Linux tells when a process began; elsewhere a number that lives on is believed for a while.
  if (process.platform === "linux") await raw(path, `UPDATE locks SET pid = ${process.pid}`);
  expect((await start(program("stale.db"), RESUME).ended).status).toBe(0);
  expect(await raw(path, "SELECT pid FROM locks")).toEqual([]);
  expect(await evidenceOf(path)).toEqual(whole);
});

describe("a store of another version", () => {
  it.each(MIGRATIONS.map((_, index) => index + 1))(
    "%d is brought up to date and its run goes on",
    async (version) => {
      const name = `version-${version}.db`;
      const path = join(folder, name);
      const old = await openDatabase(path);
      await migrate(old, MIGRATIONS.slice(0, version));
      await old.close();
      await copyRows(halfStore(`from-${version}.db`), path);
      const before = await raw(path, "SELECT * FROM items ORDER BY page, position");

      const { status, stderr } = await start(program(name), RESUME).ended;
      expect(status, stderr).toBe(0);
      expect(await raw(path, "PRAGMA user_version")).toEqual([{ user_version: MIGRATIONS.length }]);
      const after = await raw(path, "SELECT * FROM items ORDER BY page, position");
      expect(after.slice(0, before.length)).toMatchObject(before);
      expect(await evidenceOf(path)).toEqual(whole);
    },
  );

  it("newer than the program is refused and left as it is", async () => {
    const path = halfStore("newer.db");
    await raw(path, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    const everything = () => Promise.all(TABLES.map((table) => raw(path, `SELECT * FROM ${table}`)));
    const before = await everything();
    for (const args of [["runs", "list"], RESUME, MINE]) {
      const { status, stderr } = await start(program("newer.db"), args).ended;
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /error: The store .+ was written by a newer version .+\nhint: Update assay.+\n$/,
      );
    }
    expect(await everything()).toEqual(before);
    expect(await raw(path, "PRAGMA user_version")).toEqual([{ user_version: MIGRATIONS.length + 1 }]);
  });
});

/** Copies runs and their evidence into older tables, whose columns are a part of today's. */
async function copyRows(from: string, to: string): Promise<void> {
  const client = createClient({ url: `file:${to}` });
  await client.execute({ sql: "ATTACH ? AS half", args: [from] });
  for (const table of TABLES) {
    const { rows } = await client.execute(`SELECT name FROM pragma_table_info('${table}', 'main')`);
    const columns = rows.map(({ name }) => `"${name}"`).join(", ");
    await client.execute(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM half.${table}`);
  }
  client.close();
}
