/**
 * The messages of a chat as a file: what was said is the user's, so it lies beside the store and not in the cache, and
 * nobody else may read it. Names are data: the file is called by a digest.
 */

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import { visibleToken } from "../../visible-token.ts";
import { writeOutput } from "../write-output.ts";

const sessionSchema = z.strictObject({
  schema: z.literal(1),
  kind: z.literal("chat-session"),
  name: z.string().min(1).max(1_000),
  model: z.strictObject({ name: z.string(), fingerprint: z.string().max(200) }),
  usedAt: z.iso.datetime(),
  /** Of the last prompt and its answer. */
  tokens: z.int().min(0),
  system: z.string().optional(),
  earlier: z.string().optional(),
  from: z.int().min(0),
  turns: z.array(
    z.strictObject({ user: z.string(), assistant: z.string(), stopped: z.literal(true).optional() }),
  ),
});

/** A conversation on disk; see Conversation for its parts. */
export type StoredSession = z.infer<typeof sessionSchema>;

const EXTENSION = ".chat.json";
const MOST_NAME = 1_000;
/** Some ten million words. */
const MOST_BYTES = 64 * 2 ** 20;

/** Where chats lie: beside the store. */
export function chatsFolder(store: string): string {
  return join(dirname(resolve(store)), "chats");
}

/** @throws USAGE for a name that is empty or too long */
export function sessionFile(folder: string, name: string): string {
  if (name.trim() === "" || name.length > MOST_NAME)
    throw new AppError("USAGE", `A session's name has 1 to ${MOST_NAME} characters.`);
  return join(folder, `${createHash("sha256").update(name).digest("hex").slice(0, 40)}${EXTENSION}`);
}

/**
 * Reads a session that anything may have happened to.
 * @returns undefined where there is none of the name
 * @throws DATA_UNAVAILABLE for a file that is damaged; it stays as it is
 */
export function readSession(path: string): { session: StoredSession; text: string } | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "it is not JSON", cause);
  }
  const parsed = sessionSchema.safeParse(value);
  if (!parsed.success) throw damaged(path, describe(parsed.error), parsed.error);
  const session = parsed.data;
  if (session.from > session.turns.length) throw damaged(path, "it counts more turns than it has");
  if (sessionFile(dirname(path), session.name) !== path) throw damaged(path, "it has another session's name");
  return { session, text };
}

/**
 * Writes the whole file beside its name and renames it.
 * @returns what was written
 * @throws DISK_FULL, DATA_UNAVAILABLE
 */
export function writeSession(path: string, session: StoredSession): string {
  try {
    makeFolder(dirname(path), 0o700);
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The folder ${dirname(path)} cannot be made.`, { cause });
  }
  const text = `${JSON.stringify(session, undefined, 2)}\n`;
  writeOutput(path, text, 0o600);
  return text;
}

/** What the file holds now; undefined where there is none. @throws DATA_UNAVAILABLE */
export function readText(path: string): string | undefined {
  try {
    // A pipe would be waited for, and of a link nobody knows where it leads.
    const facts = lstatSync(path);
    if (!facts.isFile()) throw new Error("it is not a file");
    if (facts.size > MOST_BYTES) throw new Error(`it has ${facts.size} bytes, ${MOST_BYTES} are the most`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(path, (cause as Error).message, cause);
  }
}

/** One file of the folder: a session, or why it is none. */
export type ListedSession = { readonly path: string; readonly bytes: number } & (
  | { readonly session: StoredSession; readonly error?: undefined }
  | { readonly error: AppError; readonly session?: undefined }
);

/** All sessions, last used first; damaged files are listed too. */
export function listSessions(folder: string): ListedSession[] {
  const listed = namesIn(folder)
    .map((file) => join(folder, file))
    .flatMap((path): ListedSession[] => {
      try {
        const found = readSession(path);
        return found ? [{ path, bytes: Buffer.byteLength(found.text), session: found.session }] : [];
      } catch (error) {
        return [
          { path, bytes: lstatSync(path, { throwIfNoEntry: false })?.size ?? 0, error: error as AppError },
        ];
      }
    });
  const usedAt = ({ session }: ListedSession) => session?.usedAt ?? "";
  return listed.toSorted((a, b) => usedAt(b).localeCompare(usedAt(a)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(EXTENSION));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new AppError("DATA_UNAVAILABLE", `The folder ${folder} cannot be read.`, { cause });
  }
}

function describe({ issues }: z.ZodError): string {
  const [issue] = issues;
  return `${visibleToken(issue!.path.join("."))}: ${issue!.message}`.slice(0, 200);
}

function damaged(path: string, reason: string, cause?: unknown): AppError {
  return new AppError("DATA_UNAVAILABLE", `The session in ${path} cannot be read: ${visibleToken(reason)}.`, {
    hint: "It was left as it is. Mend it, or remove it with `assay chat --forget NAME`.",
    cause,
  });
}
