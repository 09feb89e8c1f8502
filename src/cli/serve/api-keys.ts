/** The keys that the server takes: from a file, one a line, or from the environment. Never from a flag. */

import { readFileSync, statSync } from "node:fs";
import { AppError } from "../../errors.ts";

/** More than a page's worth is a mistake: another file was named. */
const MOST_BYTES = 65_536;

/** Shorter ones can be tried out: 16 random letters are about 90 bits. */
const SHORT = 16;

/** As they can stand in a header. */
const KEY = /^[\x21-\x7e]{1,512}$/;

export interface KeySources {
  /** A file of keys, one a line; empty lines and those that begin with # are skipped. */
  readonly file: string | undefined;
  /** ASSAY_API_KEY. */
  readonly environment: string | undefined;
  readonly onWarning: (message: string) => void;
}

/** @throws CONFIG for a file that cannot be read or holds no key, and for what cannot be a key */
export function readApiKeys({ file, environment, onWarning }: KeySources): string[] {
  const fromFile = file === undefined ? [] : keysOfFile(file, onWarning);
  const keys = environment === undefined ? fromFile : [...fromFile, environment];
  // The key itself must not be in the message.
  const wrong = keys.findIndex((key) => !KEY.test(key));
  if (wrong !== -1)
    throw new AppError("CONFIG", `Key ${wrong + 1} holds characters that cannot stand in a header.`, {
      hint: "Use letters, digits and signs of ASCII, without spaces: openssl rand -hex 24",
    });
  if (keys.some((key) => key.length < SHORT))
    onWarning(
      `A key is shorter than ${SHORT} characters and can be guessed: openssl rand -hex 24 makes a better one.`,
    );
  return [...new Set(keys)];
}

function keysOfFile(file: string, onWarning: (message: string) => void): string[] {
  let text: string;
  try {
    const { size, mode } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes`);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      onWarning(`Others on this machine may read ${file}: chmod 600 ${file}`);
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError("CONFIG", `The keys in ${file} cannot be read: ${(cause as Error).message}.`, {
      hint: "Write one key a line.",
      cause,
    });
  }
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (keys.length > 0) return keys;
  throw new AppError("CONFIG", `There is no key in ${file}.`, { hint: "Write one key a line." });
}
