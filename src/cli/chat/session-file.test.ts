import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { listSessions, readSession, type StoredSession, sessionFile, writeSession } from "./session-file.ts";

const root = mkdtempSync(join(tmpdir(), "assay-chats-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = join(root, "chats");

const session = (name: string, more: Partial<StoredSession> = {}): StoredSession => ({
  ...{ schema: 1, kind: "chat-session", name, usedAt: "2026-01-02T03:04:05.000Z", tokens: 3, from: 0 },
  model: { name: "m", fingerprint: "ab" },
  turns: [{ user: "Hi", assistant: "Ho" }],
  ...more,
});
const write = (it: StoredSession) => {
  const path = sessionFile(folder, it.name);
  writeSession(path, it);
  return path;
};

test("any name and any text come back, in files that say nothing of the name", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 100 }).filter((name) => name.trim() !== ""),
      fc.string({ unit: "grapheme" }),
      (name, text) => {
        const given = session(name, { turns: [{ user: text, assistant: text, stopped: true }] });
        expect(readSession(write(given))?.session).toEqual(given);
      },
    ),
    { numRuns: 50 },
  );
  for (const file of readdirSync(folder)) expect(file).toMatch(/^[0-9a-f]{40}\.chat\.json$/);
  expect(() => sessionFile(folder, " ")).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => sessionFile(folder, "x".repeat(1_001))).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("nobody else may read what was said", () => {
  const path = write(session("mine"));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test.each<[string, (path: string) => void]>([
  ["cut off", (path) => truncateSync(path, 100)],
  ["empty", (path) => writeFileSync(path, "")],
  ["no object", (path) => writeFileSync(path, "[]")],
  ["null", (path) => writeFileSync(path, "null")],
  ["of a later schema", (path) => writeFileSync(path, JSON.stringify({ ...session("bad"), schema: 2 }))],
  [
    "with a turn that is no text",
    (path) => writeFileSync(path, JSON.stringify({ ...session("bad"), turns: [{ user: 1 }] })),
  ],
  [
    "with more turns gone than there are",
    (path) => writeFileSync(path, JSON.stringify(session("bad", { from: 2 }))),
  ],
  ["of another name", (path) => writeFileSync(path, JSON.stringify(session("other")))],
  [
    "with a stranger's key",
    (path) => writeFileSync(path, JSON.stringify({ ...session("bad"), "\u001b[2J": 1 })),
  ],
  ["too large", (path) => truncateSync(path, 2 ** 36)],
  [
    "a folder",
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
  [
    "a link",
    (path) => {
      rmSync(path);
      symlinkSync("/etc/passwd", path);
    },
  ],
])("a damaged file is told and left as it is: %s", (_, damage) => {
  const path = write(session("bad"));
  damage(path);
  const before =
    statSync(path).isFile() && statSync(path).size < 10_000 ? readFileSync(path, "utf8") : undefined;
  let error: Error | undefined;
  try {
    readSession(path);
  } catch (thrown) {
    error = thrown as Error;
  }
  expect(error).toMatchObject({ code: "DATA_UNAVAILABLE", hint: expect.stringContaining("--forget") });
  expect(error?.message).not.toMatch(/\p{Cc}/u);
  if (before !== undefined) expect(readFileSync(path, "utf8")).toBe(before);
  const listed = listSessions(folder).find((it) => it.path === path);
  expect(listed?.error?.message).toBe(error?.message);
  rmSync(path, { recursive: true });
});

test("they are listed by their last use; a missing folder has none", () => {
  rmSync(folder, { recursive: true });
  expect(listSessions(folder)).toEqual([]);
  for (const [name, day] of [
    ["a", 1],
    ["b", 3],
    ["c", 2],
  ] as const)
    write(session(name, { usedAt: `2026-01-0${day}T00:00:00.000Z` }));
  expect(listSessions(folder).map((it) => it.session?.name)).toEqual(["b", "c", "a"]);
});
