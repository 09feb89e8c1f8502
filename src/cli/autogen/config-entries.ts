/**
 * Entries for each family of AutoGen, as its sources read them. None of them was run here: Python's packages are
 * not part of this project; docs/autogen.md says what was checked in their place.
 */

import type { AgentModel } from "./agent-model.ts";

export const CONFIG_FORMATS = ["0.2", "ag2", "0.4", "agent-framework"] as const;
export type ConfigFormat = (typeof CONFIG_FORMATS)[number];

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type ConfigEntry = { readonly [key: string]: JsonValue };

export interface EntryFacts {
  /** Ends in /v1: AutoGen adds no more than /chat/completions (microsoft/autogen#767). */
  readonly baseUrl: string;
  /** A placeholder, or the name of the environment variable that holds the key; never a key. */
  readonly apiKey: string;
}

/** A local model reads a long prompt for minutes before its first token; openai-python gives up after 600 s too. */
const TIMEOUT_SECONDS = 600;
/** Of an agent's answer: more is seldom one thought. */
const MOST_ANSWER = 1_024;
/** Where the context is not known. */
const SAFE_ANSWER = 512;

/** Three quarters of the context stay for the conversation; a server refuses what does not fit with both counts. */
export function answerTokens({ context }: Pick<AgentModel, "context">): number {
  return context === undefined ? SAFE_ANSWER : Math.max(1, Math.min(MOST_ANSWER, Math.floor(context / 4)));
}

/** One entry a model, in their order. */
export function configEntries(
  format: ConfigFormat,
  models: readonly AgentModel[],
  facts: EntryFacts,
): readonly ConfigEntry[] {
  return models.map((model) => ENTRY[format](model, facts));
}

/** Where the model's id stands in an entry of this format: two entries with one id are the same one. */
export const ID_PATHS: Readonly<Record<ConfigFormat, readonly string[]>> = {
  "0.2": ["model"],
  ag2: ["model"],
  "0.4": ["config", "model"],
  "agent-framework": ["client", "model"],
};

type EntryOf = (model: AgentModel, facts: EntryFacts) => ConfigEntry;

/** `price` null would log a warning a call; temperature and top_p stay the caller's, AG2 takes only one of them. */
const listEntry: EntryOf = (model, { baseUrl, apiKey }) => ({
  model: model.id,
  base_url: baseUrl,
  api_key: apiKey,
  api_type: "openai",
  price: [0, 0],
  tags: ["local", ...tagsOf(model)],
  timeout: TIMEOUT_SECONDS,
  max_tokens: answerTokens(model),
});

const ENTRY: Readonly<Record<ConfigFormat, EntryOf>> = {
  // An entry's values win over the call's (OpenAIWrapper.create), so the cache is off wherever the entry is used.
  "0.2": (model, facts) => ({ ...listEntry(model, facts), cache_seed: null }),
  // Drops what is null when it copies an entry, and has no cache unless a seed is given.
  ag2: listEntry,
  "0.4": (model, { baseUrl, apiKey }) => ({
    provider: "autogen_ext.models.openai.OpenAIChatCompletionClient",
    component_type: "model",
    version: 1,
    config: {
      model: model.id,
      base_url: baseUrl,
      api_key: apiKey,
      timeout: TIMEOUT_SECONDS,
      max_tokens: answerTokens(model),
      // Names that OpenAI has not given need it (microsoft/autogen#4714). A server's template does the rest: it
      // merges system messages, and puts names before what was said.
      model_info: {
        vision: false,
        function_calling: true,
        json_output: true,
        structured_output: true,
        multiple_system_messages: true,
        family: "unknown",
      },
    },
  }),
  // `client` are arguments of OpenAIChatCompletionClient, `options` the agent's default_options.
  "agent-framework": (model, { baseUrl, apiKey }) => ({
    client: { model: model.id, base_url: baseUrl, api_key: apiKey },
    options: { max_tokens: answerTokens(model) },
  }),
};

function tagsOf({ id, tier }: AgentModel): readonly string[] {
  if (id === "auto") return ["auto"];
  return tier === undefined ? [] : [tier];
}
