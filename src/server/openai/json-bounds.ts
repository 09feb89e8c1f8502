/** Whether a value from outside is small and flat enough to be walked by recursion and written as JSON. */

import { DEEPEST_SCHEMA, LONGEST_SCHEMA } from "./request-limits.ts";

/** What is too much about a value that JSON.parse() made, in words; undefined where nothing is. */
export function jsonBounds(value: unknown): string | undefined {
  let size = 0;
  // A list in place of recursion: a body of 4 MiB can be nested a million times, and the stack cannot.
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST_SCHEMA) return `nested more than ${DEEPEST_SCHEMA} deep`;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "string") size += item.length;
      else if (typeof item === "object" && item !== null)
        for (const [key, inner] of Object.entries(item)) {
          size += key.length;
          next.push(inner);
        }
      size += 1;
      if (size > LONGEST_SCHEMA) return `longer than ${LONGEST_SCHEMA} characters`;
    }
    level = next;
  }
  return undefined;
}
