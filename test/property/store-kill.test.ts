/** A writer killed at any moment leaves whole pages only, and whoever goes on ends with the same rows. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openStore } from "../../src/store/index.ts";

const PAGES = 40;
const STORE_ROOM = new URL("../../src/store/index.ts", import.meta.url).href;

// Each page also replaces a row of the page before, so that order and replacement are seen as well.
const PAGE = `(index) => ({
  index,
  seconds: 0.5,
  rows: Array.from({ length: 20 }, (_, i) => ({ key: String(index * 19 + i), data: { index, i } })),
  events: [{ type: "run-note", message: "page " + index }],
})`;
const pageOf = new Function(`return ${PAGE}`)() as (index: number) => Parameters<Writer["savePage"]>[0];
type Writer = Awaited<ReturnType<Awaited<ReturnType<typeof openStore>>["createRun"]>>;

const CHILD = `
  import { openStore } from ${JSON.stringify(STORE_ROOM)};
  const pageOf = ${PAGE};
  const store = await openStore({ path: process.argv[1] });
  const model = { name: "m", path: "m", fingerprint: "f", quantisation: "q" };
  const writer = (await store.listRuns()).length
    ? await store.resumeRun("last")
    : await store.createRun({ kind: "mine", model, settings: {} });
  for (let index = writer.run.pages; index < ${PAGES}; index++) {
    console.log(index);
    await writer.savePage(pageOf(index));
  }
  await writer.finish("done", { seconds: 0 });
  await writer.close();
`;

/** Starts the writer and kills it `afterMs` after it began page `atPage`; tells whether it was killed. */
async function writeUntil(path: string, atPage: number, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", CHILD, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (text.split("\n").some((line) => line !== "" && Number(line) >= atPage)) {
      setTimeout(() => child.kill("SIGKILL"), afterMs);
    }
  });
  const [, signal] = await once(child, "exit");
  return signal === "SIGKILL";
}

it("survives kill -9 at any page", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-kill-"));
  let trial = 0;
  const expected = new Map<string, unknown>();
  for (let index = 0; index < PAGES; index++) {
    for (const row of pageOf(index).rows) {
      expected.delete(row.key);
      expected.set(row.key, row.data);
    }
  }
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: PAGES - 1 }), fc.integer({ min: 0, max: 5 })), {
          minLength: 1,
          maxLength: 2,
        }),
        async (kills) => {
          const path = join(folder, `${trial++}.db`);
          for (const [page, afterMs] of kills) {
            if (!(await writeUntil(path, page, afterMs))) break;
            const store = await openStore({ path });
            const run = await store.findRun("last");
            const rows = await store.rows(run.id);
            // The signal may come when everything is written and only the exit is left.
            const isWhole = run.pages === PAGES && run.status === "done";
            if (!isWhole) expect(run.status).toBe("interrupted");
            // Whole pages only: each adds 19 new keys, the first 20.
            expect(rows).toHaveLength(run.pages === 0 ? 0 : run.pages * 19 + 1);
            expect(run.seconds).toBe(run.pages * 0.5);
            await store.close();
            if (isWhole) break;
          }
          await writeUntil(path, PAGES, 0);
          const store = await openStore({ path });
          const run = await store.findRun("last");
          expect(run).toMatchObject({ status: "done", pages: PAGES });
          expect((await store.rows(run.id)).map((row) => [row.key, row.data])).toEqual([...expected]);
          const notes = (await store.events(0)).filter((it) => it.event.type === "run-note");
          expect(notes).toHaveLength(PAGES);
          await store.close();
        },
      ),
      { numRuns: 8 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
