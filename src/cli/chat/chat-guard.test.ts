import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { silentLogger } from "../../logger.ts";
import { openStore } from "../../store/index.ts";
import type { CliContext } from "../context.ts";
import { describeGuard, openGuard } from "./chat-guard.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-chat-guard-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = createScriptedModel();
const warn = vi.fn();
const contextOf = (store: string) =>
  ({ config: { store }, logger: { ...silentLogger, warn } }) as unknown as CliContext;

test("without a store nothing is known, and none is made", async () => {
  const path = join(folder, "none.db");
  const found = await openGuard(contextOf(path), model, undefined);
  expect(found).toMatchObject({ mode: "off", guard: undefined });
  expect(describeGuard(found, "m")).toContain("npx assay mine m");
  const wanted = await openGuard(contextOf(path), model, "refuse");
  expect(describeGuard(wanted, "m")).toContain("refuse, but m was never mined");
  expect(existsSync(path)).toBe(false);
});

test("a finished mine of the file switches rewriting on, unless it is told otherwise", async () => {
  const path = join(folder, "runs.db");
  const [fox] = await model.tokenize("fox");
  const store = await openStore({ path });
  const { name, fingerprint, quantisation } = model.info;
  const writer = await store.createRun({
    kind: "mine",
    model: { name, path: "", fingerprint, quantisation },
    settings: {},
  });
  await writer.finish("done", {
    seconds: 1,
    summary: { tested: 1 },
    document: { tokens: [{ id: fox, verdict: "glitch" }] },
  });
  await writer.close();
  await store.close();

  const found = await openGuard(contextOf(path), model, undefined);
  expect(found.mode).toBe("rewrite");
  expect(found.guard?.banned).toEqual([fox]);
  expect(describeGuard(found, "m")).toBe(`Guard: rewrite, glitch tokens known by ${writer.run.id}: 1.`);
  expect((await openGuard(contextOf(path), model, "flag")).mode).toBe("flag");
  const off = await openGuard(contextOf(path), model, "off");
  expect(off.guard).toBeUndefined();
  expect(describeGuard(off, "m")).toBe("Guard: off.");
});

test("a store that cannot be read is a warning, but an error for who asked for a guard", async () => {
  const path = join(folder, "broken.db");
  writeFileSync(path, "no database at all, ".repeat(100));
  expect(await openGuard(contextOf(path), model, undefined)).toMatchObject({ mode: "off", guard: undefined });
  expect(warn).toHaveBeenCalledOnce();
  await expect(openGuard(contextOf(path), model, "rewrite")).rejects.toMatchObject({ code: "STORE" });
});
