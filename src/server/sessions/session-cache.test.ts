import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { silentLogger } from "../../logger.ts";
import { createSessionCache } from "./session-cache.ts";

const root = mkdtempSync(join(tmpdir(), "assay-sessions-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, `${folders++}`, "sessions");

/** Keeps ids as JSON in place of cells. */
function modelOf(fingerprint = "a") {
  const loads: number[][] = [];
  const promptCache = {
    async save(tokens: readonly number[], path: string) {
      writeFileSync(path, JSON.stringify(tokens));
      return { tokens: tokens.length, bytes: 0 };
    },
    async load(path: string) {
      const text = readFileSync(path, "utf8");
      if (!text.startsWith("[")) throw new AppError("DATA_UNAVAILABLE", "The file is damaged.");
      loads.push(JSON.parse(text));
      return { tokens: loads.at(-1)!.length, bytes: text.length };
    },
  };
  return { loads, model: { info: { fingerprint }, promptCache } as unknown as LanguageModel };
}

const open = (
  folder: string,
  more: { maxBytes?: number; settleMs?: number; logger?: typeof silentLogger } = {},
) => createSessionCache({ folder, maxBytes: 1e9, logger: silentLogger, settleMs: 60_000, ...more });
const KEY = { client: "one", name: "../../etc/passwd" };

test("a conversation comes back in the next process, once", async () => {
  const folder = newFolder();
  const first = open(folder);
  const done = vi.fn();
  first.keep(modelOf().model, KEY, [1, 2, 3], done);
  expect(done).not.toHaveBeenCalled();
  await first.flush();
  expect(done).toHaveBeenCalledTimes(1);

  const { model, loads } = modelOf();
  const second = open(folder);
  await second.restore(model, KEY);
  await second.restore(model, KEY);
  expect(loads).toEqual([[1, 2, 3]]);
});

test("names are digests: nothing of a request is in a path, and clients and models do not share", async () => {
  const folder = newFolder();
  const sessions = open(folder);
  sessions.keep(modelOf("a").model, KEY, [1], () => undefined);
  sessions.keep(modelOf("b").model, KEY, [2], () => undefined);
  sessions.keep(modelOf("a").model, { ...KEY, client: "two" }, [3], () => undefined);
  await sessions.flush();
  const names = readdirSync(folder);
  expect(names).toHaveLength(3);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{40}\.session$/);
  const { model, loads } = modelOf("a");
  await open(folder).restore(model, { ...KEY, client: "two" });
  expect(loads).toEqual([[3]]);
});

test("of several turns the last is written, and each gives its model back", async () => {
  const folder = newFolder();
  const sessions = open(folder);
  const { model } = modelOf();
  const done = vi.fn();
  for (const ids of [[1], [1, 2], [1, 2, 3]]) sessions.keep(model, KEY, ids, done);
  expect(done).toHaveBeenCalledTimes(2);
  await sessions.flush();
  expect(done).toHaveBeenCalledTimes(3);
  expect(JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8"))).toEqual([1, 2, 3]);
});

test("it is written by itself when the conversation is quiet", async () => {
  const folder = newFolder();
  await new Promise<void>((resolve) =>
    open(folder, { settleMs: 1 }).keep(modelOf().model, KEY, [1], resolve),
  );
  expect(readdirSync(folder)).toHaveLength(1);
});

test("the longest unused go when there is no room", async () => {
  const folder = newFolder();
  const sessions = open(folder, { maxBytes: 10 });
  const { model } = modelOf();
  for (const name of ["a", "b", "c"]) {
    sessions.keep(model, { client: "", name }, [1, 2], () => undefined);
    await sessions.flush();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const next = modelOf();
  for (const name of ["a", "b", "c"]) await open(folder).restore(next.model, { client: "", name });
  expect(next.loads).toHaveLength(2);
});

test("a damaged file, or a folder that cannot be made, costs a warning and no answer", async () => {
  const folder = newFolder();
  const sessions = open(folder);
  sessions.keep(modelOf().model, KEY, [1], () => undefined);
  await sessions.flush();
  writeFileSync(join(folder, readdirSync(folder)[0]!), "damaged");
  const warn = vi.fn();
  const logger = { ...silentLogger, warn };
  await open(folder, { logger }).restore(modelOf().model, KEY);
  expect(warn).toHaveBeenCalledTimes(1);

  const done = vi.fn();
  const nowhere = open("/proc/none", { logger });
  nowhere.keep(modelOf().model, KEY, [1], done);
  await nowhere.flush();
  expect(done).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledTimes(2);
});
