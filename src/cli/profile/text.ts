/** The text that perplexity is measured on. */

import { closeSync, openSync, readSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { SAMPLE_TEXT } from "../../measure/index.ts";

/** More than perplexity looks at, of any language. */
const MOST_BYTES = 2 ** 20;

export interface ProfileText {
  /** The file, or "bundled". */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads --text, else takes the bundled one.
 * @throws DATA_UNAVAILABLE for a file that cannot be read or holds no text
 */
export function readText(path: string | undefined): ProfileText {
  if (path === undefined) return { name: "bundled", text: SAMPLE_TEXT };
  const bytes = readStart(path);
  // A character that the limit cuts through is left out; anything else that is no UTF-8 is no text.
  const text = decode(bytes);
  if (text === undefined || text.includes("\0"))
    throw new AppError("DATA_UNAVAILABLE", `${path} is not text in UTF-8.`, {
      hint: "Give a plain text file.",
    });
  if (text.trim() === "") throw new AppError("DATA_UNAVAILABLE", `${path} is empty.`);
  return { name: path, text };
}

function readStart(path: string): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = new Uint8Array(MOST_BYTES);
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function decode(bytes: Uint8Array): string | undefined {
  for (let cut = 0; cut < (bytes.length === MOST_BYTES ? 4 : 1); cut++)
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      // One byte less.
    }
  return undefined;
}
