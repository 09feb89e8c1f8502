import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
import { openStore } from "./open-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-database-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("works in folders that do not exist and under names that mean something in URLs", async () => {
  const path = join(folder, "new", "a b%20?#.db");
  const database = await openDatabase(path);
  await database.write([{ sql: "CREATE TABLE t (a)" }]);
  expect(database.path).toBe(path);
  await database.close();
  const again = await openDatabase(path);
  expect(await again.read("SELECT count(*) AS n FROM t")).toMatchObject([{ n: 0 }]);
  await again.close();
});

it("keeps its PRAGMAs over overlapping calls and failures", async () => {
  const database = await openDatabase(join(folder, "a.db"));
  const foreignKeys = () => database.read("SELECT foreign_keys AS it FROM pragma_foreign_keys");
  const all = await Promise.all(Array.from({ length: 8 }, foreignKeys));
  expect(all.flat().map((row) => row.it)).toEqual(Array(8).fill(1));
  await expect(database.read("SELECT * FROM missing")).rejects.toMatchObject({ code: "STORE" });
  expect((await foreignKeys())[0]?.it).toBe(1);
  await database.close();
});

it("writes again after another connection held the lock too long", async () => {
  const path = join(folder, "a.db");
  const database = await openDatabase(path, 50);
  await database.write([{ sql: "CREATE TABLE t (a)" }]);
  const rival = createClient({ url: `file:${path}` });
  const transaction = await rival.transaction("write");
  const insert = [{ sql: "INSERT INTO t VALUES (1)" }];
  await expect(database.write(insert)).rejects.toMatchObject({
    code: "STORE",
    message: `The store ${path} is locked by another program.`,
  });
  await transaction.commit();
  rival.close();
  await database.write(insert);
  expect(await database.read("SELECT a FROM t")).toHaveLength(1);
  await database.close();
});

it("says when the disk is full, and keeps what was there", async () => {
  const database = await openDatabase(join(folder, "a.db"));
  await database.write([{ sql: "CREATE TABLE t (a)" }, { sql: "INSERT INTO t VALUES ('kept')" }]);
  await database.read("PRAGMA max_page_count = 3");
  const big = [{ sql: "INSERT INTO t VALUES (zeroblob(100000))" }];
  await expect(database.write(big)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(await database.read("SELECT a FROM t")).toMatchObject([{ a: "kept" }]);
  await database.close();
});

it.each([
  ["text", "This is a letter, and a long one at that. ".repeat(40), "is not a database"],
  ["a damaged database", undefined, "is damaged"],
])("refuses %s in one line", async (_name, content, message) => {
  const path = join(folder, "bad.db");
  if (content === undefined) {
    const database = await openDatabase(path);
    await database.write([{ sql: "CREATE TABLE t (a)" }, { sql: "INSERT INTO t VALUES (zeroblob(50000))" }]);
    await database.close();
    // The header stays whole; the tree that it leads to does not.
    const damaged = Buffer.alloc(12 * 4096, 0xee);
    const client = createClient({ url: `file:${path}` });
    await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    client.close();
    const { readFileSync } = await import("node:fs");
    readFileSync(path).copy(damaged, 0, 0, 100);
    writeFileSync(path, damaged);
  } else writeFileSync(path, content);
  await expect(openStore({ path })).rejects.toMatchObject({
    code: "STORE",
    message: expect.stringContaining(message),
    hint: expect.any(String),
  });
});

it("refuses a folder, and a path under a file", async () => {
  await expect(openStore({ path: folder })).rejects.toMatchObject({ code: "STORE" });
  writeFileSync(join(folder, "file"), "");
  await expect(openStore({ path: join(folder, "file", "a.db") })).rejects.toMatchObject({ code: "STORE" });
});

it.runIf(process.platform === "linux")("refuses a folder that cannot be written", async () => {
  // /proc is read-only even for root, whom file modes do not stop.
  await expect(openStore({ path: "/proc/self/assay.db" })).rejects.toMatchObject({
    code: "STORE",
    message: expect.stringContaining("cannot be opened"),
  });
});

it("refuses the database of another program and leaves it alone", async () => {
  const path = join(folder, "other.db");
  const other = createClient({ url: `file:${path}` });
  await other.execute("CREATE TABLE bookmarks (url)");
  await expect(openStore({ path })).rejects.toMatchObject({
    code: "STORE",
    message: expect.stringContaining("another program"),
  });
  expect((await other.execute("SELECT name FROM sqlite_schema")).rows).toHaveLength(1);
  other.close();
});

it("refuses tables of a newer version", async () => {
  const path = join(folder, "a.db");
  await (await openStore({ path })).close();
  const database = await openDatabase(path);
  await database.write([{ sql: `PRAGMA user_version = ${SCHEMA_VERSION + 1}` }]);
  await database.close();
  await expect(openStore({ path })).rejects.toMatchObject({
    code: "STORE",
    message: expect.stringContaining("newer version"),
  });
});

it("is made once when several open it together", async () => {
  const path = join(folder, "a.db");
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ path })));
  expect(await stores[3]!.listRuns()).toEqual([]);
  await Promise.all(stores.map((store) => store.close()));
});
