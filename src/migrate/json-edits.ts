/** Old settings in JSON: settings by their keys, model ids anywhere, endpoints beside a model id. */

import { type JsonEntry, type JsonNode, type JsonScalar, readJsonTree } from "./json-tree.ts";
import {
  isBaseUrlKey,
  isOldContext,
  isOurId,
  NEW_SETTINGS,
  newBaseUrl,
  newModelName,
  oldIds,
  settingOf,
  WHY,
} from "./rules.ts";
import type { FindingCollector } from "./text-edit.ts";

/**
 * Adds what a JSON text holds to `found`; AutoGen's OAI_CONFIG_LIST is one of them.
 * @param from where the value begins, for JSON inside of another file; then it may end before the text does
 */
export function findJsonEdits(source: string, found: FindingCollector, from?: number): void {
  const tree = readJsonTree(source, from);
  if (tree === undefined || (from === undefined && tree.end < source.length))
    found.note(from ?? 0, "unreadable-json");
  else {
    editJsonNode(tree.root, found);
    if (from === undefined && holdsOurId(tree.root) && !isStrictJson(source)) found.note(0, "json-comments");
  }
}

/** The same for a value that has been read. */
export function editJsonNode(node: JsonNode, found: FindingCollector): void {
  if (node.kind === "array") for (const item of node.items) editJsonNode(item, found);
  else if (node.kind === "object") {
    editEndpoint(node.entries, found);
    for (const { key, value } of node.entries) {
      editSetting(key.text, value, found);
      editIds(key, found);
      editJsonNode(value, found);
    }
  } else editIds(node, found);
}

function editIds({ kind, start, text }: JsonScalar, found: FindingCollector): void {
  if (kind !== "string") return;
  for (const id of oldIds(text)) found.edit(start + id.start, start + id.end, NEW_SETTINGS.id, WHY.id);
}

function editSetting(key: string, value: JsonNode, found: FindingCollector): void {
  const kind = settingOf(key);
  if (kind === undefined || value.kind === "object" || value.kind === "array") return;
  const { start, end, text } = value;
  if (kind === "context") {
    if (isOldContext(text, true)) found.edit(start, end, String(NEW_SETTINGS.context), WHY.context);
    return;
  }
  const after = newModelName(kind, text);
  if (after !== undefined) found.edit(start, end, after, WHY[kind]);
  else noteOtherModel(text, start, found);
}

/** Notes a value that names neither TinyLlama nor the new file: somebody's own choice, or one that is too old. */
export function noteOtherModel(text: string, at: number, found: FindingCollector): void {
  if (!/^[\w.-]+\/[\w.-]+$|\.gguf$/i.test(text)) return;
  if (!/mixtral/i.test(text)) found.note(at, "other-model");
  // File names of December 2023 begin with a small letter.
  else if (/TheBloke|(^|[/\\])mixtral-8x7b-instruct-v0\.1\.[^/\\]*$/.test(text))
    found.note(at, "old-mixtral");
}

/** AutoGen's wants of an entry: a base_url that ends in /v1, a key, and no cache. */
function editEndpoint(entries: readonly JsonEntry[], found: FindingCollector): void {
  const isEntry = entries.some(({ value }) => value.kind === "string" && isOurId(value.text));
  const isList = entries.some(({ key, value }) => key.text === "config_list" && holdsOurId(value));
  for (const { key, value } of entries) {
    if (value.kind === "object" || value.kind === "array") continue;
    const { kind, start, end, text } = value;
    if ((isEntry || isList) && key.text === "cache_seed" && kind === "number")
      found.edit(start, end, "null", WHY.cacheSeed);
    if (!isEntry || kind !== "string") continue;
    if (isBaseUrlKey(key.text)) editBaseUrl(text, start, end, found);
    else if (key.text === "api_key" && text === "") found.edit(start, end, NEW_SETTINGS.apiKey, WHY.apiKey);
  }
  const hasUrl = entries.some(({ key }) => isBaseUrlKey(key.text));
  if (isEntry && hasUrl && !entries.some(({ key }) => key.text === "api_key"))
    found.note(entries[0]!.key.start, "no-api-key");
}

export function editBaseUrl(text: string, start: number, end: number, found: FindingCollector): void {
  const after = newBaseUrl(text);
  if (after === "unknown") found.note(start, "other-path");
  else if (after !== undefined) found.edit(start, end, after, WHY.baseUrl);
}

function holdsOurId(node: JsonNode): boolean {
  if (node.kind === "array") return node.items.some(holdsOurId);
  if (node.kind === "object") return node.entries.some(({ value }) => holdsOurId(value));
  return node.kind === "string" && isOurId(node.text);
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ""));
    return true;
  } catch {
    return false;
  }
}
