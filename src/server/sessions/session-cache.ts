/**
 * Conversations whose computed prompts outlive the process. The file's name is a digest of who asks, what he calls
 * the conversation and which model file it is: no path comes from a request.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { LanguageModel } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { makeFolder } from "../../make-folder.ts";

export interface SessionKey {
  /** Who asks: two clients' sessions of one name are two. */
  readonly client: string;
  readonly name: string;
}

export interface SessionCache {
  /** Brings what is kept of a conversation into the model's cache, unless it should be there already. */
  restore(model: LanguageModel, key: SessionKey): Promise<void>;
  /**
   * Keeps a conversation when it has been quiet for a while; `done` is called when it is on disk, or given up. Until
   * then the model must stay open.
   */
  keep(model: LanguageModel, key: SessionKey, ids: readonly number[], done: () => void): void;
  /** Writes at once what waits to be written. */
  flush(): Promise<void>;
}

export interface SessionCacheOptions {
  readonly folder: string;
  /** Bytes that all conversations together may take; the longest unused go first. */
  readonly maxBytes: number;
  readonly logger: Logger;
  /** Quiet time before a conversation is written: writing each turn of a busy one costs more than it saves. @default 2 s */
  readonly settleMs?: number;
}

interface Waiting {
  readonly write: () => Promise<void>;
  readonly done: () => void;
  readonly timer: NodeJS.Timeout;
}

const SETTLE_MS = 2_000;
const EXTENSION = ".session";

/** Where a conversation with a model file is kept. */
export function sessionPath(folder: string, { client, name }: SessionKey, fingerprint: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([client, name, fingerprint]))
    .digest("hex");
  return join(folder, `${digest.slice(0, 40)}${EXTENSION}`);
}

/** Opens the folder of sessions; it is made when the first is written. */
export function createSessionCache({
  folder,
  maxBytes,
  logger,
  settleMs = SETTLE_MS,
}: SessionCacheOptions): SessionCache {
  const waiting = new Map<string, Waiting>();
  const writing = new Set<Promise<void>>();
  /** Sessions that a process of a model has computed or read: they are in its cache, or had to make room there. */
  const seen = new WeakMap<LanguageModel, Set<string>>();

  const pathOf = (model: LanguageModel, key: SessionKey) => sessionPath(folder, key, model.info.fingerprint);
  const see = (model: LanguageModel, path: string) => {
    seen.set(model, (seen.get(model) ?? new Set()).add(path));
  };

  /** Takes a session that waits; what it was to do is the caller's. */
  const take = (path: string): Waiting | undefined => {
    const entry = waiting.get(path);
    waiting.delete(path);
    clearTimeout(entry?.timer);
    return entry;
  };
  const start = (path: string) => {
    const entry = take(path);
    if (entry === undefined) return;
    const work: Promise<void> = entry
      .write()
      .catch((error: Error) => logger.warn(`A session could not be kept: ${error.message}`))
      .finally(() => {
        writing.delete(work);
        entry.done();
      });
    writing.add(work);
  };

  return {
    async restore(model, key) {
      const cache = model.promptCache;
      const path = pathOf(model, key);
      if (cache === undefined || seen.get(model)?.has(path)) return;
      see(model, path);
      if (!existsSync(path)) return;
      try {
        const { tokens } = await cache.load(path);
        // The order of use is the order in which sessions are dropped.
        await utimes(path, new Date(), new Date());
        logger.debug(`A session of ${tokens} tokens came back from the disk.`);
      } catch (error) {
        if (isAppError(error) && (error.code === "CANCELLED" || error.code === "RUNNER_LOST")) throw error;
        // It can be computed again: a file that is damaged, or has no room in the cache, costs time and no answer.
        logger.warn(`A kept session is left out: ${(error as Error).message}`);
      }
    },
    keep(model, key, ids, done) {
      const cache = model.promptCache;
      if (cache === undefined) return done();
      const path = pathOf(model, key);
      see(model, path);
      // The later turn holds all that the earlier one did.
      take(path)?.done();
      waiting.set(path, {
        timer: setTimeout(start, settleMs, path),
        done,
        async write() {
          makeFolder(folder, 0o700);
          await cache.save(ids, path);
          await dropOldest(folder, maxBytes);
        },
      });
    },
    async flush() {
      for (const path of [...waiting.keys()]) start(path);
      await Promise.all(writing);
    },
  };
}

/** Drops the longest unused sessions until the rest fits. */
async function dropOldest(folder: string, maxBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  let total = 0;
  for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    total += size;
    if (total > maxBytes) await rm(path, { force: true });
  }
}
