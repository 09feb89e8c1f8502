/**
 * glibc keeps freed memory for later, and an aligned block of the same size does not fit into the hole that the
 * last one left: without this, every model that is opened and closed again costs its cache once more.
 */

import { koffi } from "./koffi.ts";

let trim: ((pad: number) => number) | undefined;

/** Gives freed memory back to the system where the C library has a call for it. */
export function trimMemory(): void {
  trim ??= findTrim();
  trim(0);
}

function findTrim(): (pad: number) => number {
  if (process.platform !== "linux") return () => 0;
  try {
    return koffi.load("libc.so.6").func("malloc_trim", "int", ["size_t"]);
  } catch {
    // musl has no such call, and no such habit.
    return () => 0;
  }
}
