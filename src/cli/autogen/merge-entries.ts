/** Puts entries into a list that a user keeps by hand: as edits, so that comments and everything else stay. */

import { type JsonNode, type JsonScalar, readJsonTree, type TextEdit } from "../../migrate/index.ts";
import type { ConfigEntry, JsonValue } from "./config-entries.ts";
import { printJson } from "./print-json.ts";

export interface MergedEntries {
  /** In order, apart from each other; none where the list has all of it. */
  readonly edits: readonly TextEdit[];
  /** Ids of entries that are new, that change, and that stand there more than once. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly doubled: readonly string[];
}

/** A user's own choice, where he made one. */
const KEPT: ReadonlySet<string> = new Set(["api_key", "timeout", "max_tokens", "tags", "price"]);

/**
 * Merges by id: an entry of that id is corrected in place, any other is added behind the last one.
 * @param idPath keys to an entry's id
 * @returns undefined where the text is no JSON list
 */
export function mergeEntries(
  text: string,
  entries: readonly ConfigEntry[],
  idPath: readonly string[],
): MergedEntries | undefined {
  const tree = readJsonTree(text);
  if (tree?.root.kind !== "array" || tree.end < text.length) return undefined;
  const list = tree.root;
  const edits: TextEdit[] = [];
  const add = (start: number, end: number, after: string, why: string) =>
    edits.push({ start, end, after, why, before: text.slice(start, end) });
  const added: ConfigEntry[] = [];
  const changed: string[] = [];
  const doubled: string[] = [];
  for (const entry of entries) {
    const id = entryId(entry, idPath);
    const same = list.items.filter((item) => idOf(item, idPath) === id);
    if (same.length > 1) doubled.push(id);
    const before = edits.length;
    for (const item of same) correct(text, item, entry, add);
    if (same.length === 0) added.push(entry);
    else if (edits.length > before) changed.push(id);
  }
  if (added.length > 0) append(text, list, added, add);
  return {
    edits: edits.sort((a, b) => a.start - b.start),
    added: added.map((entry) => entryId(entry, idPath)),
    changed,
    doubled,
  };
}

/** The model's id in an entry that was made here. */
export function entryId(entry: ConfigEntry, idPath: readonly string[]): string {
  return String(idPath.reduce<JsonValue>((at, key) => (at as ConfigEntry)[key]!, entry));
}

type Add = (start: number, end: number, after: string, why: string) => void;

/** Sets what an entry has to have; what it has beyond that stays. */
function correct(text: string, node: JsonNode, wanted: ConfigEntry, add: Add): void {
  if (node.kind !== "object") return;
  const missing: string[] = [];
  // A key is for an address: with another one it goes, or it would be sent to where nobody meant it to.
  const address = valueAt(node, "base_url");
  const moves =
    wanted.base_url !== undefined && (address === undefined || !holds(text, address, wanted.base_url));
  for (const [key, value] of Object.entries(wanted)) {
    const found = valueAt(node, key);
    if (found === undefined) missing.push(key);
    else if (found.kind === "object" && isRecord(value)) correct(text, found, value, add);
    else if ((!KEPT.has(key) || (key === "api_key" && moves)) && !holds(text, found, value)) {
      const [start, end] = spanOf(found);
      add(start, end, printJson(value), key);
    }
  }
  const last = node.entries.at(-1);
  if (missing.length === 0 || last === undefined) return;
  const indent = indentBefore(text, last.key);
  const separator = indent === undefined ? ", " : `,\n${indent}`;
  const lines = missing.map((key) => `"${key}": ${printJson(wanted[key]!, indent ?? "")}`);
  const [, end] = spanOf(last.value);
  add(end, end, separator + lines.join(separator), missing.join(", "));
}

/** Of a key that stands twice the last one counts, as in every reader of JSON. */
function valueAt(node: Extract<JsonNode, { kind: "object" }>, key: string): JsonNode | undefined {
  return node.entries.findLast((entry) => decoded(entry.key) === key)?.value;
}

function append(
  text: string,
  list: Extract<JsonNode, { kind: "array" }>,
  entries: readonly ConfigEntry[],
  add: Add,
): void {
  const last = list.items.at(-1);
  const indent = "  ";
  const printed = entries.map((entry) => indent + printJson(entry, indent)).join(",\n");
  if (last !== undefined) {
    const [, end] = spanOf(last);
    add(end, end, `,\n${printed}`, "new");
    return;
  }
  // What stands between the brackets of an empty list can only be blank, or a comment.
  const end = list.end - 1;
  const isOpen = text[end - 1] === "\n";
  add(end, end, `${isOpen ? "" : "\n"}${printed}\n`, "new");
}

function idOf(node: JsonNode, path: readonly string[]): string | undefined {
  let at: JsonNode | undefined = node;
  for (const key of path) {
    if (at?.kind !== "object") return undefined;
    at = valueAt(at, key);
  }
  return at?.kind === "string" ? decoded(at) : undefined;
}

/** A scalar's text without escapes; as it stands where they are none of JSON's. */
function decoded({ kind, text }: JsonScalar): string {
  if (kind !== "string") return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

function holds(text: string, node: JsonNode, value: JsonValue): boolean {
  if (node.kind === "string") return decoded(node) === value;
  const [start, end] = spanOf(node);
  try {
    return JSON.stringify(JSON.parse(text.slice(start, end))) === JSON.stringify(value);
  } catch {
    return false;
  }
}

/** With the quotes of a string. */
function spanOf(node: JsonNode): readonly [number, number] {
  return node.kind === "string" ? [node.start - 1, node.end + 1] : [node.start, node.end];
}

/** Blanks before a key that has a line of its own. */
function indentBefore(text: string, key: JsonScalar): string | undefined {
  const [start] = spanOf(key);
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return /^[ \t]+$/.test(line) ? line : undefined;
}

const isRecord = (value: JsonValue): value is ConfigEntry =>
  typeof value === "object" && value !== null && !Array.isArray(value);
