/** A chat under a name: its messages are saved after each turn, its computed prompt when there is time. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext } from "../context.ts";
import type { Conversation } from "./conversation.ts";
import {
  chatsFolder,
  readSession,
  readText,
  type StoredSession,
  sessionFile,
  writeSession,
} from "./session-file.ts";

export interface ChatSession {
  readonly name: string;
  /** What was said in it before; undefined: it is new. */
  readonly restored: StoredSession | undefined;
  /** Saves the messages at once, and what was computed of `ids` soon. Trouble is a warning: the chat goes on. */
  save(conversation: Conversation, ids: readonly number[] | undefined): void;
  /** Waits until what was computed is on disk. */
  close(): Promise<void>;
}

/** What all chats' computed prompts may take on disk; the longest unused go first. */
const MOST_CACHE_BYTES = 4 * 2 ** 30;
/** Sessions of the server's clients have other keys. */
const CLIENT = "chat";

export function cacheFolder(cacheDir: string): string {
  return join(cacheDir, "chats");
}

/** Where the computed prompt of a session lies. */
export async function computedPath(cacheDir: string, session: StoredSession): Promise<string> {
  const { sessionPath } = await import("../../server/index.ts");
  return sessionPath(
    cacheFolder(cacheDir),
    { client: CLIENT, name: session.name },
    session.model.fingerprint,
  );
}

/**
 * Opens a session, and brings what was computed of it back into the model's cache.
 * @param isNew a session of this name must not be there yet
 * @throws DATA_UNAVAILABLE for a damaged file; USAGE
 */
export async function openSession(
  { config, logger }: CliContext,
  model: LanguageModel,
  name: string,
  isNew: boolean,
): Promise<ChatSession> {
  const { createSessionCache, sessionPath } = await import("../../server/index.ts");
  const path = sessionFile(chatsFolder(config.store), name);
  const found = readSession(path);
  const restored = found?.session;
  const shown = visibleToken(name);
  if (isNew && found !== undefined)
    throw new AppError("USAGE", `There is a session ${shown} already.`, {
      hint: "Take another name, or begin with --session to go on with it.",
    });
  const folder = cacheFolder(config.cacheDir);
  const cache = createSessionCache({ folder, maxBytes: MOST_CACHE_BYTES, logger });
  const key = { client: CLIENT, name };
  const { fingerprint } = model.info;
  const isOther = restored !== undefined && restored.model.fingerprint !== fingerprint;
  if (restored !== undefined && !isOther) await cache.restore(model, key);
  // What another model computed is of no use any more, once this one has answered.
  const stale = isOther ? sessionPath(folder, key, restored.model.fingerprint) : undefined;
  let written = found?.text;
  let tokens = restored?.tokens ?? 0;
  let isLost = false;

  return {
    name,
    restored,
    save({ system, turns, from, earlier }, ids) {
      if (isLost) return;
      try {
        if (readText(path) !== written) {
          isLost = true;
          logger.warn(`Another process changed the session ${shown}: this chat is not saved in it any more.`);
          logger.warn("/save NAME keeps it under another name.");
          return;
        }
        tokens = turns.length === 0 ? 0 : (ids?.length ?? tokens);
        written = writeSession(path, {
          schema: 1,
          kind: "chat-session",
          name,
          model: { name: model.info.name, fingerprint },
          usedAt: new Date().toISOString(),
          tokens,
          ...(system !== undefined && { system }),
          ...(earlier !== undefined && { earlier }),
          from,
          turns: turns.map(({ stopped, ...said }) => ({ ...said, ...(stopped && { stopped }) })),
        });
      } catch (error) {
        logger.warn(`The session ${shown} could not be saved: ${(error as Error).message}`);
      }
      if (ids === undefined) return;
      if (stale !== undefined) rmSync(stale, { force: true });
      cache.keep(model, key, ids, () => undefined);
    },
    close: () => cache.flush(),
  };
}
