/** What /v1/models says, as far as it can be understood: OpenAI's list, with what servers add to it. */

import { at, isCount, isText, type JsonObject, objectsOf } from "./json-value.ts";

export interface ListedModel {
  readonly id: string;
  /** Tokens of one request, where the server tells. */
  readonly context: number | undefined;
  readonly tier: "small" | "large" | undefined;
  /** The id that this one is another name of. */
  readonly aliasOf: string | undefined;
}

/** Ids longer than this are no names, and are not read out of a hostile list. */
const LONGEST_ID = 256;
const MOST_MODELS = 1_000;

/** Models of a list, each id once; what is no model is left out. */
export function readModelsList(json: unknown): readonly ListedModel[] {
  const models = new Map<string, ListedModel>();
  for (const entry of objectsOf(at(json, "data")).slice(0, MOST_MODELS)) {
    const { id } = entry;
    if (!isText(id) || id.length > LONGEST_ID || models.has(id)) continue;
    models.set(id, { id, context: contextOf(entry), tier: tierOf(entry), aliasOf: aliasOf(entry) });
  }
  return [...models.values()];
}

/** Where servers tell it: ours, vLLM, LM Studio and others, llama-server. */
const CONTEXT_PATHS = [
  ["assay", "context"],
  ["context"],
  ["max_model_len"],
  ["context_length"],
  ["max_context_length"],
  ["meta", "n_ctx"],
] as const;

function contextOf(entry: JsonObject): number | undefined {
  for (const path of CONTEXT_PATHS) {
    const value = at(entry, ...path);
    if (isCount(value) && value > 0) return value;
  }
  return undefined;
}

function tierOf(entry: JsonObject): ListedModel["tier"] {
  const tier = at(entry, "assay", "tier") ?? entry.tier;
  return tier === "small" || tier === "large" ? tier : undefined;
}

function aliasOf(entry: JsonObject): string | undefined {
  const alias = at(entry, "assay", "alias_of") ?? entry.alias_of;
  return isText(alias) ? alias : undefined;
}
