/** JSON as people keep it in a file: an entry's keys a line each, short lists in one. ASCII alone. */

import type { JsonValue } from "./config-entries.ts";

/** @param indent blanks before the lines after the first */
export function printJson(value: JsonValue, indent = ""): string {
  if (typeof value !== "object" || value === null) return ascii(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    if (!value.some((item) => typeof item === "object" && item !== null))
      return `[${value.map((item) => ascii(item)).join(", ")}]`;
    return `[\n${value.map((item) => inner + printJson(item, inner)).join(",\n")}\n${indent}]`;
  }
  const lines = Object.entries(value).map(
    ([key, item]) => `${inner}${ascii(key)}: ${printJson(item, inner)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value);

/** A server's names may hold what a terminal acts on, or does not show. */
function ascii(value: JsonValue): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
