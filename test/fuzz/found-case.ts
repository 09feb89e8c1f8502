/** Cases that once failed, as files: the damaged bytes themselves, so that no change of the fuzzer loses one. */

import type { ReaderName } from "./readers.ts";
import type { ReaderCase } from "./run-reader.ts";

export const FOUND = new URL("./found/", import.meta.url);

interface FoundCase {
  readonly reader: ReaderName;
  /** What went wrong when it was found. */
  readonly fault: string;
  /** Base64 by file name. */
  readonly files: Readonly<Record<string, string>>;
}

export function encodeCase({ reader, files }: ReaderCase, fault: string): string {
  const encoded = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
  const found: FoundCase = { reader, fault: fault.split("\n")[0]!, files: Object.fromEntries(encoded) };
  return `${JSON.stringify(found, undefined, 2)}\n`;
}

export function decodeCase(text: string): ReaderCase & { fault: string } {
  const { reader, fault, files } = JSON.parse(text) as FoundCase;
  const decoded = Object.entries(files).map(([name, base64]) => [name, Buffer.from(base64, "base64")]);
  return { reader, fault, files: Object.fromEntries(decoded) };
}
