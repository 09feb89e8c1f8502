import { expect, test, vi } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { silentLogger } from "../../logger.ts";
import type { RunRecord, Store } from "../../store/index.ts";
import { createStoredGuards } from "./stored-guards.ts";

const model = createScriptedModel();
const ids = await model.tokenize("the quick brown fox");
const [glitch, other] = [ids[1]!, ids[2]!];

/** A store in which mines can end. */
function storeOf() {
  const runs: { record: RunRecord; glitches: number[] }[] = [];
  const store: Pick<Store, "listRuns" | "document"> = {
    listRuns: vi.fn(async () => runs.map(({ record }) => record)),
    document: async (id) => ({
      tokens: runs
        .find(({ record }) => record.id === id)!
        .glitches.map((glitch) => ({ id: glitch, verdict: "glitch" })),
    }),
  };
  const add = (id: string, glitches: number[], tested: number, fingerprint = model.info.fingerprint) =>
    runs.unshift({
      record: {
        id,
        kind: "mine",
        status: "done",
        model: { fingerprint },
        summary: { tested },
      } as unknown as RunRecord,
      glitches,
    });
  return { store, add };
}

test("what a finished mine of this very file found is scanned for, rewritten and banned", async () => {
  const { store, add } = storeOf();
  add("mine-other", [other], 100, "another file");
  const findGuard = createStoredGuards({ store, logger: silentLogger, freshMs: 0 });
  expect(await findGuard(model)).toBeUndefined();
  add("mine-1", [glitch], 100);
  const guard = await findGuard(model);
  expect(guard).toMatchObject({ source: "mine-1", banned: [glitch] });
  expect(guard!.scan(ids).map(({ id, index }) => ({ id, index }))).toEqual([{ id: glitch, index: 1 }]);
  const { ids: written } = guard!.rewrite(ids);
  expect(written).not.toContain(glitch);
  expect(await model.detokenize(written)).toBe(await model.detokenize(ids));
});

test("a fuller mine that ends later takes over, a quick look does not; the store is asked now and then", async () => {
  const { store, add } = storeOf();
  let time = 0;
  const findGuard = createStoredGuards({ store, logger: silentLogger, freshMs: 10, now: () => time });
  add("first", [glitch], 100);
  expect((await findGuard(model))?.source).toBe("first");
  add("quick", [other], 5);
  add(
    "census",
    [glitch, other].sort((a, b) => a - b),
    1_000,
  );
  expect((await findGuard(model))?.source).toBe("first");
  expect(store.listRuns).toHaveBeenCalledTimes(1);
  time = 11;
  expect((await findGuard(model))?.source).toBe("census");
});

test("a store that breaks leaves the guard that there is; one that never worked is no guard, and an error", async () => {
  const { store, add } = storeOf();
  const warn = vi.fn();
  const findGuard = createStoredGuards({ store, logger: { ...silentLogger, warn }, freshMs: 0 });
  vi.mocked(store.listRuns).mockRejectedValueOnce(new Error("locked"));
  await expect(findGuard(model)).rejects.toThrow("locked");
  add("first", [glitch], 100);
  expect((await findGuard(model))?.source).toBe("first");
  vi.mocked(store.listRuns).mockRejectedValueOnce(new Error("locked"));
  expect((await findGuard(model))?.source).toBe("first");
  expect(warn).toHaveBeenCalledTimes(1);
});
