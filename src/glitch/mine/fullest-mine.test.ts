import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RunStatus } from "../../events.ts";
import { openStore } from "../../store/index.ts";
import { fullestMine } from "./fullest-mine.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-fullest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a later quick look does not replace a census; of equals the newest speaks", async () => {
  const store = await openStore({ path: join(folder, "runs.db") });
  const add = async (tested: number, status: RunStatus = "done", fingerprint = "this") => {
    const model = { name: "m", path: "m.gguf", fingerprint, quantisation: "Q8_0" };
    const writer = await store.createRun({ kind: "mine", model, settings: {} });
    await writer.finish(status, { seconds: 1, summary: { tested } });
    await writer.close();
    return writer.run.id;
  };
  try {
    expect(await fullestMine(store, "this")).toBeUndefined();
    await add(9_000, "interrupted");
    await add(9_000, "done", "another");
    const census = await add(500);
    await add(20);
    expect((await fullestMine(store, "this"))?.id).toBe(census);
    const again = await add(500, "partial");
    await add(0, "failed");
    expect((await fullestMine(store, "this"))?.id).toBe(again);
  } finally {
    await store.close();
  }
});
