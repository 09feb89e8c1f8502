import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { openStore } from "./index.ts";
import type { NewRun, Page, Store } from "./run-record.ts";

const NEW_RUN: NewRun = {
  kind: "mine",
  model: { name: "lab-moe", path: "/m/lab-moe.gguf", fingerprint: "f1", quantisation: "Q8_0" },
  settings: { method: "census", budget: { probes: 100 }, templates: ["a", "b"] },
};

const page = (index: number, ...keys: string[]): Page => ({
  index,
  rows: keys.map((key) => ({ key, data: { id: Number(key), p: 0.25 } })),
  seconds: 0.5,
  summary: { tested: index + 1 },
  events: [{ type: "run-note", message: `page ${index}` }],
});

let folder: string;
let store: Store;
let now: Date;
const open = (name = "runs.db") =>
  openStore({ path: join(folder, name), version: "1.2.3", clock: () => now });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-store-"));
  now = new Date("2026-11-23T18:15:00Z");
  store = await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("runs", () => {
  it("keeps what a run began with, its pages and its end", async () => {
    const writer = await store.createRun(NEW_RUN);
    expect(writer.run.id).toMatch(/^mine-20261123-181500-[0-9a-z]{4}$/);
    expect(writer.run).toMatchObject({ ...NEW_RUN, status: "running", pages: 0, version: "1.2.3" });
    await writer.savePage(page(0, "7", "8"));
    await writer.savePage(page(1, "9", "7"));
    expect(writer.run).toMatchObject({ pages: 2, seconds: 1, summary: { tested: 2 } });
    await writer.finish("done", { seconds: 0.25, document: { schema: 1, list: [1, null, "x"] } });
    await writer.close();
    expect(await store.findRun(writer.run.id)).toMatchObject({ status: "done", seconds: 1.25, pages: 2 });
    // The later row of key 7 replaced the earlier one.
    expect((await store.rows(writer.run.id)).map((row) => row.key)).toEqual(["8", "9", "7"]);
    expect(await store.document(writer.run.id)).toEqual({ schema: 1, list: [1, null, "x"] });
  });

  it("is found by name, by a unique beginning and as the last one", async () => {
    const first = await store.createRun(NEW_RUN);
    now = new Date("2026-11-23T18:16:00Z");
    const second = await store.createRun(NEW_RUN);
    expect((await store.findRun(first.run.id)).id).toBe(first.run.id);
    expect((await store.findRun("mine-20261123-1815")).id).toBe(first.run.id);
    expect((await store.findRun("last")).id).toBe(second.run.id);
    await expect(store.findRun("mine-2026")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(store.findRun("")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(store.findRun("mine-%")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    expect((await store.listRuns()).map((run) => run.id)).toEqual([second.run.id, first.run.id]);
    expect(await store.listRuns({ kind: "test" })).toEqual([]);
    expect(await store.listRuns({ status: "running", limit: 1 })).toHaveLength(1);
  });

  it("says so when there is none", async () => {
    await expect(store.findRun("last")).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: "The store has no run yet.",
    });
  });

  it("is removed with everything it had, unless somebody writes to it", async () => {
    const writer = await store.createRun(NEW_RUN);
    await writer.savePage(page(0, "1"));
    await expect(store.removeRun(writer.run.id)).rejects.toMatchObject({ code: "RUN_LOCKED" });
    await writer.close();
    await store.removeRun(writer.run.id);
    await expect(store.findRun(writer.run.id)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(await store.events(0)).toEqual([]);
    expect(await store.rows(writer.run.id)).toEqual([]);
  });
});

describe("pages", () => {
  it("accepts a page a second time only with the same content", async () => {
    const writer = await store.createRun(NEW_RUN);
    await writer.savePage(page(0, "1"));
    await writer.savePage(page(0, "1"));
    expect(writer.run).toMatchObject({ pages: 1, seconds: 0.5 });
    await expect(writer.savePage(page(0, "2"))).rejects.toMatchObject({ code: "RUN_MISMATCH" });
    await expect(writer.savePage(page(2, "2"))).rejects.toThrow(RangeError);
    expect(await store.rows(writer.run.id)).toHaveLength(1);
  });

  it("stores nothing of a page that fails", async () => {
    const writer = await store.createRun(NEW_RUN);
    const bad = { ...page(0, "1"), seconds: Number.NaN };
    await expect(writer.savePage(bad)).rejects.toThrow();
    await writer.savePage(page(0, "1"));
    expect(writer.run.pages).toBe(1);
  });

  it("reads back more rows than one call of the database returns", async () => {
    const writer = await store.createRun(NEW_RUN);
    for (let index = 0; index < 3; index++) {
      const keys = Array.from({ length: 1_500 }, (_, i) => String(index * 1_500 + i));
      await writer.savePage(page(index, ...keys));
    }
    const keys = (await store.rows(writer.run.id)).map((row) => Number(row.key));
    expect(keys).toEqual(Array.from({ length: 4_500 }, (_, i) => i));
  });
});

describe("writers", () => {
  it("are one a run, in whatever store object", async () => {
    const writer = await store.createRun(NEW_RUN);
    const other = await open();
    await expect(other.resumeRun(writer.run.id)).rejects.toMatchObject({
      code: "RUN_LOCKED",
      message: expect.stringMatching(new RegExp(`process ${process.pid} on .+ since 2026-11-23T18:15:00`)),
    });
    await writer.close();
    const next = await other.resumeRun(writer.run.id);
    await next.close();
    await other.close();
  });

  it("take over from a dead process, which then cannot write", async () => {
    const writer = await store.createRun(NEW_RUN);
    const database = await openDatabase(store.path);
    // No process has this start time, so the number was given to another one since.
    await database.write([{ sql: "UPDATE locks SET started = '1'" }]);
    expect((await store.findRun("last")).status).toBe("interrupted");
    const next = await store.resumeRun("last");
    await expect(writer.savePage(page(0, "1"))).rejects.toMatchObject({ code: "RUN_LOCKED" });
    await writer.close();
    await next.savePage(page(0, "1"));
    await database.close();
  });

  it("on another machine are believed for a quarter of an hour", async () => {
    const writer = await store.createRun(NEW_RUN);
    const database = await openDatabase(store.path);
    await database.write([{ sql: "UPDATE locks SET host = 'elsewhere'" }]);
    await database.close();
    await expect(store.resumeRun("last")).rejects.toMatchObject({ code: "RUN_LOCKED" });
    now = new Date(now.getTime() + 16 * 60_000);
    const next = await store.resumeRun(writer.run.id);
    expect(next.run.status).toBe("running");
  });

  it("hear what was asked of the run, until it goes on", async () => {
    const writer = await store.createRun(NEW_RUN);
    expect(await writer.request()).toBe("none");
    await store.askRun(writer.run.id, "pause");
    expect(await writer.request()).toBe("pause");
    await writer.finish("paused", { seconds: 0 });
    await writer.close();
    const next = await store.resumeRun("last");
    expect(await next.request()).toBe("none");
    await expect(store.askRun("nope", "stop")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });

  it("notice that their run was removed", async () => {
    const writer = await store.createRun(NEW_RUN);
    const database = await openDatabase(store.path);
    await database.write([{ sql: "DELETE FROM runs" }]);
    await expect(writer.savePage(page(0, "1"))).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await database.close();
  });

  it("are refused with another model or other settings, by name", async () => {
    const writer = await store.createRun(NEW_RUN);
    await writer.close();
    await expect(store.resumeRun("last", { fingerprint: "f2" })).rejects.toMatchObject({
      code: "RUN_MISMATCH",
    });
    const settings = { ...NEW_RUN.settings, budget: { probes: 200 } };
    await expect(store.resumeRun("last", { fingerprint: "f1", settings })).rejects.toMatchObject({
      code: "RUN_MISMATCH",
      message: expect.stringContaining("budget.probes = 100, not 200"),
    });
    const next = await store.resumeRun("last", { fingerprint: "f1", settings: NEW_RUN.settings });
    expect(next.run.pages).toBe(0);
  });
});

describe("events", () => {
  it("are numbered over all runs and never numbered again", async () => {
    const writer = await store.createRun(NEW_RUN);
    await writer.savePage(page(0, "1"));
    await writer.finish("done", { seconds: 0 });
    await writer.close();
    const events = await store.events(0);
    expect(events.map((it) => it.event.type)).toEqual(["run-start", "run-note", "run-end"]);
    expect(events[0]?.event).toMatchObject({ model: "lab-moe", resumedFrom: 0 });
    const last = events.at(-1)!.number;
    await store.removeRun("last");
    await store.createRun(NEW_RUN);
    expect((await store.events(last)).map((it) => it.number)).toEqual([last + 1]);
    expect(await store.events(0, { run: "other" })).toEqual([]);
    expect(await store.events(0, { limit: 0 })).toEqual([]);
  });
});

describe("export and import", () => {
  it("carry a run to another store, where it goes on", async () => {
    const writer = await store.createRun(NEW_RUN);
    await writer.savePage(page(0, "1", "2"));
    await writer.savePage(page(1, "1"));
    await writer.finish("paused", { seconds: 1, document: ["so far"] });
    await writer.close();
    const document = JSON.parse(JSON.stringify(await store.exportRun("last")));
    const other = await open("other.db");
    expect(await other.importRun(document)).toEqual(await store.findRun("last"));
    expect(await other.rows(writer.run.id)).toEqual(await store.rows(writer.run.id));
    expect(await other.exportRun("last")).toEqual(document);
    const next = await other.resumeRun("last");
    await next.savePage(page(1, "1"));
    await next.savePage(page(2, "3"));
    expect(next.run.pages).toBe(3);
    await expect(other.importRun(document)).rejects.toMatchObject({ code: "RUN_MISMATCH" });
    await other.close();
  });

  it.each([null, 7, "x", [], {}, { schema: 1, kind: "run" }])("refuse %j", async (input) => {
    await expect(store.importRun(input)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });

  it("refuse a document whose pages do not add up", async () => {
    await (await store.createRun(NEW_RUN)).close();
    const document = await store.exportRun("last");
    const wrong = { ...document, run: { ...document.run, id: "mine-2", pages: 5 } };
    await expect(store.importRun(wrong)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });
});
