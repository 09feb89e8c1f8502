/**
 * Old settings in files of `name = value` or `name: value` lines: .env, YAML, TOML, INI. Read line by line and
 * not by the format's grammar, because comments, quotes and order have to stay.
 */

import { editBaseUrl, findJsonEdits, noteOtherModel } from "./json-edits.ts";
import {
  isBaseUrlKey,
  isLocalUrl,
  isOldContext,
  NEW_SETTINGS,
  namesOurId,
  newModelName,
  oldIds,
  settingOf,
  WHY,
} from "./rules.ts";
import type { FindingCollector } from "./text-edit.ts";

// A shell's ${NAME:-value} is a default too.
const PAIR =
  /(?<![\w.-])([A-Za-z_][\w.-]*)["']?[ \t]*(?::-|:=|[:=])[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s"',[\]{}$]+))/g;

/** Adds what such a file holds to `found`. */
export function findLineEdits(source: string, found: FindingCollector): void {
  const isOurs = namesOurId(source);
  for (const { index, 0: line } of source.matchAll(/[^\n]+/g)) {
    const code = line.slice(0, commentStart(line));
    editConfigList(source, code, index, found);
    for (const pair of code.matchAll(PAIR)) {
      const [whole, key = "", double, single, plain] = pair;
      const text = double ?? single ?? plain ?? "";
      const end = index + pair.index + whole.length - (plain === undefined ? 1 : 0);
      editPair(key, text, end - text.length, isOurs, found);
    }
    for (const { start, end } of oldIds(code))
      found.edit(index + start, index + end, NEW_SETTINGS.id, WHY.id);
  }
}

function editPair(key: string, text: string, start: number, isOurs: boolean, found: FindingCollector): void {
  const kind = settingOf(key.slice(key.lastIndexOf(".") + 1));
  const end = start + text.length;
  if (kind === "context") {
    if (isOldContext(text, true)) found.edit(start, end, String(NEW_SETTINGS.context), WHY.context);
  } else if (kind !== undefined) {
    const after = newModelName(kind, text);
    if (after !== undefined) found.edit(start, end, after, WHY[kind]);
    else noteOtherModel(text, start, found);
  } else if (isOurs && isBaseUrlKey(key) && isLocalUrl(text)) editBaseUrl(text, start, end, found);
  else if (isOurs && key === "cache_seed" && /^\d+$/.test(text)) found.note(start, "cache-seed");
}

/** OAI_CONFIG_LIST may hold the list itself; it may run over several lines. */
function editConfigList(source: string, code: string, index: number, found: FindingCollector): void {
  const opening = /^\s*(?:export\s+)?OAI_CONFIG_LIST\s*=\s*'?(?=\[)/.exec(code);
  if (opening !== null) findJsonEdits(source, found, index + opening[0].length);
}

/** Where the comment begins: a # at the start or behind a blank, outside of quotes. */
function commentStart(line: string): number {
  let quote = "";
  const first = line.search(/\S/);
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    const opens = at === 0 || /[\s:=,[{(]/.test(line[at - 1]!);
    if (quote !== "") quote = character === quote ? "" : quote;
    else if ((character === '"' || character === "'") && opens) quote = character;
    else if (character === "#" && (at === 0 || /\s/.test(line[at - 1]!))) return at;
    else if (character === ";" && at === first) return at;
  }
  return line.length;
}
