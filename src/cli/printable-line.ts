/** Lines of a user's files on a terminal. */

import { visibleToken } from "../visible-token.ts";

// Control, format and other invisible characters; a tab may stay.
const UNSAFE = /(?!\t)[\p{C}\p{Zl}\p{Zp}]/gu;
const SECRET =
  /((?:key|token|secret|password|passwd)\\?["']?\s*[:=]\s*)(\\?"[^"\\]+\\?"|\\?'[^'\\]+\\?'|[^\s"'\\,}\]]+)/gi;
const URL_PASSWORD = /(\/\/[^/\s:@"']+:)[^/\s@"']+@/g;
/** Keys that are none: placeholders of local servers, calls that read the real one. */
const PLACEHOLDER =
  /^\\?["']?(local|none|str|string|null|not-needed|na|n\/a|empty|dummy|sk-no-key-required|max_\w+|\d+|os\.\w.*)\\?["']?$/i;

/** A line of a file as it may be shown: no escape sequences, no keys. */
export function printableLine(line: string): string {
  return line
    .replace(SECRET, (all, name: string, value: string) =>
      PLACEHOLDER.test(value) ? all : `${name}"[redacted]"`,
    )
    .replace(URL_PASSWORD, "$1[redacted]@")
    .replace(UNSAFE, (character) => visibleToken(character));
}
