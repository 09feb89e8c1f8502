/** `assay chat --sessions` and `--forget NAME`: what is kept, and taking it away. */

import { rmSync, statSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { formatCount } from "../../report/index.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext } from "../context.ts";
import { formatTable } from "../table.ts";
import { gib } from "../units.ts";
import { computedPath } from "./chat-session.ts";
import { chatsFolder, listSessions, sessionFile } from "./session-file.ts";

/** Lists what is kept; a damaged file is a row that says so. */
export async function showSessions({ config, json, terminal, logger }: CliContext): Promise<void> {
  const listed = listSessions(chatsFolder(config.store));
  const rows = await Promise.all(
    listed.map(async ({ path, bytes, session, error }) => {
      if (session === undefined) return { path, bytes, error: error.message };
      const computed = await computedPath(config.cacheDir, session);
      const cacheBytes = statSync(computed, { throwIfNoEntry: false })?.size ?? 0;
      const { name, model, turns, tokens, usedAt } = session;
      return { name, path, model, turns: turns.length, tokens, bytes, cacheBytes, usedAt };
    }),
  );
  if (json) return terminal.print(JSON.stringify({ schema: 1, kind: "chat-sessions", sessions: rows }));
  const whole = rows.flatMap((row) => ("error" in row ? [] : [row]));
  if (whole.length > 0)
    terminal.print(
      formatTable(
        COLUMNS,
        whole.map(({ name, model, turns, tokens, bytes, cacheBytes, usedAt }) => [
          visibleToken(name),
          visibleToken(model.name),
          formatCount(turns),
          formatCount(tokens),
          gib(bytes + cacheBytes),
          usedAt.slice(0, 16).replace("T", " "),
        ]),
      ),
    );
  else terminal.note("No session is kept. Begin one: npx assay chat --session NAME");
  for (const row of rows) if ("error" in row) logger.warn(String(row.error));
}

const COLUMNS = [
  { title: "session" },
  { title: "model" },
  { title: "turns", align: "right" },
  { title: "tokens", align: "right" },
  { title: "size", align: "right" },
  { title: "last used (UTC)" },
] as const;

/**
 * Removes a session, also one whose file is damaged.
 * @throws DATA_UNAVAILABLE where there is none, with the nearest name
 */
export async function forgetSession({ config, json, terminal }: CliContext, name: string): Promise<void> {
  const folder = chatsFolder(config.store);
  const path = sessionFile(folder, name);
  const known = listSessions(folder).find((listed) => listed.path === path);
  if (known === undefined) {
    const names = listSessions(folder).flatMap(({ session }) => (session ? [session.name] : []));
    const near = suggest(name, names);
    throw new AppError("DATA_UNAVAILABLE", `There is no session ${visibleToken(name)}.`, {
      hint: near ? `Did you mean ${visibleToken(near)}?` : "`assay chat --sessions` lists them.",
    });
  }
  if (known.session !== undefined)
    rmSync(await computedPath(config.cacheDir, known.session), { force: true });
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `${path} cannot be removed: ${(cause as Error).message}.`, {
      cause,
    });
  }
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "chat-forget", name }));
  else terminal.note(`The session ${visibleToken(name)} is gone.`);
}
