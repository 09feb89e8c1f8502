/** The text that `guard scan` and `guard rewrite` look at: a file, stdin or the command line. */

import { readFileSync, statSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { readStdin } from "../read-stdin.ts";

export interface GuardInput {
  /** The MODEL argument, if there was one. */
  readonly argument: string | undefined;
  readonly text: string;
  /** "notes.txt", "-" or "text". */
  readonly name: string;
}

/** A file is read whole and tokenised in one call. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads the arguments [MODEL] FILE, or [MODEL] with --text.
 * @throws AppError USAGE, DATA_UNAVAILABLE
 */
export async function readGuardInput(
  { text }: { text?: string },
  first?: string,
  second?: string,
): Promise<GuardInput> {
  if (text !== undefined) {
    if (second !== undefined) throw new AppError("USAGE", "Give a file or --text, not both.");
    return { argument: first, text, name: "text" };
  }
  const [argument, file] = second === undefined ? [undefined, first] : [first, second];
  if (file === undefined)
    throw new AppError("USAGE", "No text is given.", {
      hint: "Name a file, - for stdin, or use --text; for example: npx assay guard scan prompt.txt",
    });
  return { argument, text: file === "-" ? await readStdin() : readTextFile(file), name: file };
}

function readTextFile(file: string): string {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, ${MOST_BYTES} are the most`);
    bytes = readFileSync(file);
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The text ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
  try {
    // Replacing broken bytes would change the text that must stay the same.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The text ${file} is not UTF-8.`, { cause });
  }
}
