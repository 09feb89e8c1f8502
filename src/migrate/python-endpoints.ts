/** Entries of AutoGen's config_list in Python: dicts and calls that hold a model id of ours. */

import { editBaseUrl } from "./json-edits.ts";
import type { PythonToken } from "./python-tokens.ts";
import { isBaseUrlKey, isOurId, NEW_SETTINGS, WHY } from "./rules.ts";
import type { FindingCollector } from "./text-edit.ts";

/** What stands between two brackets: `"key": value` and `key=value`, and the brackets inside. */
interface Group {
  readonly start: number;
  readonly pairs: Pair[];
  /** It, or a bracket inside of it, holds a model id of ours. */
  holdsOurs: boolean;
}

interface Pair {
  readonly key: string;
  /** The value, where it is one token. */
  readonly value: PythonToken | undefined;
}

export function editPythonEndpoints(tokens: readonly PythonToken[], found: FindingCollector): void {
  for (const group of readGroups(tokens)) {
    const isEntry = isOurs(group);
    const list = group.pairs.find(({ key }) => key === "config_list");
    const isList = list !== undefined && group.holdsOurs;
    for (const { key, value } of group.pairs) {
      if (key === "cache_seed" && value?.kind === "number") {
        if (isEntry || isList) found.edit(value.start, value.end, "None", WHY.cacheSeed);
        else if (list !== undefined) found.note(value.start, "cache-seed");
      }
      if (!isEntry || value?.kind !== "string") continue;
      const { text, textStart, isFormatted } = value;
      if (isBaseUrlKey(key)) {
        if (!isFormatted) editBaseUrl(text, textStart, textStart + text.length, found);
        else if (!/\/v1\/?$/.test(text)) found.note(value.start, "other-path");
      } else if (key === "api_key" && text === "")
        found.edit(textStart, textStart, NEW_SETTINGS.apiKey, WHY.apiKey);
    }
    const keys = group.pairs.map(({ key }) => key);
    if (isEntry && keys.some(isBaseUrlKey) && !keys.includes("api_key"))
      found.note(group.start, "no-api-key");
  }
}

function isOurs({ pairs }: Group): boolean {
  return pairs.some(({ value }) => value?.kind === "string" && isOurId(value.text));
}

/** All groups, outer ones first. */
function readGroups(tokens: readonly PythonToken[]): readonly Group[] {
  const all: Group[] = [];
  const open: Group[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.kind === "operator" && "([{".includes(token.text)) {
      const group: Group = { start: token.start, pairs: [], holdsOurs: false };
      open.push(group);
      all.push(group);
    } else if (token.kind === "operator" && ")]}".includes(token.text)) {
      const closed = open.pop();
      if (closed === undefined) continue;
      closed.holdsOurs ||= isOurs(closed);
      const outer = open.at(-1);
      if (outer !== undefined) outer.holdsOurs ||= closed.holdsOurs;
    } else if (isKey(tokens, i))
      open.at(-1)?.pairs.push({ key: token.text, value: loneValue(tokens, i + 2) });
  }
  return all;
}

function isKey(tokens: readonly PythonToken[], i: number): boolean {
  const { kind } = tokens[i]!;
  const next = tokens[i + 1];
  if (next?.kind !== "operator") return false;
  return (kind === "string" && next.text === ":") || (kind === "name" && next.text === "=");
}

function loneValue(tokens: readonly PythonToken[], at: number): PythonToken | undefined {
  const behind = tokens[at + 1];
  return behind?.kind === "operator" && /^[,)\]}]$/.test(behind.text) ? tokens[at] : undefined;
}
