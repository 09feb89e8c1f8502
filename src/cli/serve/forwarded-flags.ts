/** Flags that a server in a child process gets as this command was given them. */

import type { CliContext } from "../context.ts";
import { PLACEMENT_KEYS } from "../placement.ts";

/** Settings of files and of the environment reach the child by themselves. */
const FORWARDED = ["gpu", "batch", "seed", ...PLACEMENT_KEYS] as const;

export function forwardedFlags({ resolved, unsafeLib, memoryCheck }: CliContext): string[] {
  const { values, origins } = resolved;
  const given = FORWARDED.filter((key) => origins[key].source === "flag");
  return [
    ...given.flatMap((key) => flagOf(key, values[key])),
    ...(unsafeLib === undefined ? [] : ["--unsafe-lib", unsafeLib]),
    ...(memoryCheck ? [] : ["--no-memory-check"]),
  ];
}

function flagOf(key: string, value: string | number | boolean): string[] {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (typeof value === "boolean") return [value ? `--${name}` : `--no-${name}`];
  return [`--${name}`, String(value)];
}
