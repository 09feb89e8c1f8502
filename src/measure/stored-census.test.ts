import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { RunStatus } from "../events.ts";
import { openStore } from "../store/index.ts";
import { findCensus, readCensus } from "./stored-census.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-stored-census-"));
const store = await openStore({ path: join(folder, "runs.db") });
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const candidates = [5, 6, 7, 8];
const probe = { template: "t", p: 0.5, rank: 1, entropy: 1, failed: false, top: [] };

/** A stored mine with rows of these ids, two a page. */
async function stored(
  ids: readonly number[],
  { status = "done" as RunStatus, fingerprint = "f1", kind = "mine", untested = [] as number[] } = {},
) {
  const model = { name: "toy", path: "/toy.gguf", fingerprint, quantisation: "Q8_0" };
  const writer = await store.createRun({ kind, model, settings: {} });
  await writer.savePage({ index: 0, rows: [{ key: "check", data: { checks: [] } }], seconds: 3 });
  for (let at = 0; at < ids.length; at += 2) {
    const rows = ids.slice(at, at + 2).map((id) => ({
      key: `token:${id}`,
      data: untested.includes(id)
        ? { id, verdict: "untested", probes: [], error: "no answer" }
        : {
            id,
            verdict: id === 5 ? "glitch" : "normal",
            probes: [probe],
            attempts: id === 5 ? [{}, {}] : [],
          },
    }));
    await writer.savePage({ index: 1 + at / 2, rows, seconds: 1 });
  }
  const summary = { tested: ids.length - untested.length };
  await writer.finish(status, { seconds: 0, summary });
  await writer.close();
  return store.findRun(writer.run.id);
}

const wanted = { fingerprint: "f1", candidates };

describe("findCensus", () => {
  it("takes the newest whole mine of the very file", async () => {
    expect(await findCensus(store, "f1", 4)).toBeUndefined();
    await stored(candidates);
    const newest = await stored(candidates);
    await stored([5, 6]);
    await stored(candidates, { status: "interrupted" });
    await stored(candidates, { fingerprint: "f2" });
    expect((await findCensus(store, "f1", 4))?.id).toBe(newest.id);
    expect(await findCensus(store, "f3", 4)).toBeUndefined();
  });
});

describe("readCensus", () => {
  it("gives the evidence and what each page asked", async () => {
    const census = await readCensus(store, await stored(candidates), wanted);
    expect([...census.tokens.keys()]).toEqual(candidates);
    expect(census.setupSeconds).toBe(3);
    expect(census.pages).toEqual([
      { probes: 2, answers: 2, seconds: 1 },
      { probes: 2, answers: 0, seconds: 1 },
    ]);
  });

  it.each([
    ["a partial census", { ids: [5, 6] }, "DATA_UNAVAILABLE", /2 of 4 candidates/],
    ["tokens that failed", { ids: candidates, untested: [7] }, "DATA_UNAVAILABLE", /3 of 4/],
    ["another model", { ids: candidates, fingerprint: "f2" }, "RUN_MISMATCH", /another model/],
    ["another kind of run", { ids: candidates, kind: "probe" }, "DATA_UNAVAILABLE", /no mine but a probe/],
  ])("refuses %s", async (_name, { ids, ...facts }, code, message) => {
    const read = readCensus(store, await stored(ids, facts), wanted);
    await expect(read).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("says how an interrupted census goes on", async () => {
    const run = await stored([5], { status: "interrupted" });
    const hint = `Go on with: npx assay runs resume ${run.id}`;
    await expect(readCensus(store, run, wanted)).rejects.toMatchObject({ hint });
  });
});
