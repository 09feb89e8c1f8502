import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { MIGRATIONS, migrate, SCHEMA_VERSION } from "./migrations.ts";
import { openStore } from "./open-store.ts";

/** What a next version might do: a column, a table filled from another, an index. */
const NEXT = [
  "ALTER TABLE runs ADD COLUMN note TEXT",
  "CREATE TABLE sittings (run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, pages INTEGER NOT NULL) STRICT",
  "INSERT INTO sittings SELECT id, pages FROM runs",
  "CREATE INDEX sittings_of_run ON sittings (run)",
];
const TABLES = ["runs", "pages", "items", "events", "locks", "requests", "documents"];

let folder: string;
let path: string;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-migrations-"));
  path = join(folder, "a.db");
  const store = await openStore({ path });
  const model = { name: "m", path: "m.gguf", fingerprint: "f", quantisation: "Q8_0" };
  const writer = await store.createRun({ kind: "mine", model, settings: { seed: 1 } });
  await writer.savePage(page(0));
  await store.askRun("last", "pause");
  await store.close();
  database = await openDatabase(path);
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const page = (index: number) => ({
  index,
  rows: [{ key: `token:${index}`, data: { id: index, text: "\u0000é" } }],
  seconds: 1,
});

const version = async () =>
  (await database.read("SELECT user_version FROM pragma_user_version"))[0]?.user_version;

/** Every row of the tables of today, with the columns of today. */
async function everything() {
  const rows = TABLES.map(async (table) => {
    const columns = (await database.read("SELECT name FROM pragma_table_info(?)", [table])).map(
      ({ name }) => name,
    );
    const known = columns.filter((name) => name !== "note");
    return database.read(`SELECT ${known.join(", ")} FROM ${table} ORDER BY 1, 2`);
  });
  return Promise.all(rows);
}

it("never changes a step that was released", () => {
  const digests = MIGRATIONS.map((step) =>
    createHash("sha256").update(step.join(";")).digest("hex").slice(0, 16),
  );
  // Add a line for a new step; a changed line means that older stores no longer fit.
  expect(digests).toMatchInlineSnapshot(`
    [
      "5e3edf1370fc15da",
    ]
  `);
});

it("keeps every row, and a run goes on in the new tables", async () => {
  const before = await everything();
  await migrate(database, [...MIGRATIONS, NEXT]);
  expect(await version()).toBe(SCHEMA_VERSION + 1);
  expect(await everything()).toEqual(before);
  expect(await database.read("SELECT pages FROM sittings")).toMatchObject([{ pages: 1 }]);

  // The program of today stands for the one that knows the new tables.
  await database.write([{ sql: `PRAGMA user_version = ${SCHEMA_VERSION}` }]);
  const store = await openStore({ path });
  await database.write([{ sql: "UPDATE locks SET started = 'of a process that died'" }]);
  const writer = await store.resumeRun("last", { fingerprint: "f", settings: { seed: 1 } });
  await writer.savePage(page(0));
  await writer.savePage(page(1));
  await writer.finish("done", { seconds: 0, document: { kind: "mine" } });
  await writer.close();
  expect((await store.rows(writer.run.id)).map(({ data }) => data)).toEqual([
    page(0).rows[0]!.data,
    page(1).rows[0]!.data,
  ]);
  await store.close();
});

it("leaves a store as it was when a step fails", async () => {
  const before = await everything();
  const failing = [...NEXT, "INSERT INTO missing VALUES (1)"];
  await expect(migrate(database, [...MIGRATIONS, failing])).rejects.toMatchObject({ code: "STORE" });
  expect(await version()).toBe(SCHEMA_VERSION);
  expect(await everything()).toEqual(before);
  expect(await database.read("SELECT name FROM sqlite_schema WHERE name LIKE 'sittings%'")).toEqual([]);
  await migrate(database, [...MIGRATIONS, NEXT]);
  expect(await version()).toBe(SCHEMA_VERSION + 1);
});

it("takes each step once when several programs begin together", async () => {
  const others = await Promise.all(Array.from({ length: 4 }, () => openDatabase(path)));
  // Nothing in this step fails by itself when it is taken twice.
  const migrations = [...MIGRATIONS, ["UPDATE runs SET seconds = seconds * 1000"]];
  await Promise.all(others.map((other) => migrate(other, migrations)));
  expect(await database.read("SELECT seconds FROM runs")).toMatchObject([{ seconds: 1000 }]);
  await Promise.all(others.map((other) => other.close()));
});

it("refuses tables that it does not know yet, and touches nothing", async () => {
  await migrate(database, [...MIGRATIONS, NEXT]);
  const before = await everything();
  await expect(migrate(database)).rejects.toMatchObject({
    code: "STORE",
    message: expect.stringContaining(`tables ${SCHEMA_VERSION + 1}, known here ${SCHEMA_VERSION}`),
    hint: expect.stringContaining("Update assay"),
  });
  expect(await everything()).toEqual(before);
});
