/** What a server says when it listens: to people in a block, to scripts in one line. */

import type { FleetEntry, ServedModel } from "../../fleet/index.ts";
import { formatCount } from "../../report/index.ts";
import { formatTable } from "../table.ts";
import { gib } from "../units.ts";
import type { ServeOptions } from "./serve-options.ts";

export interface Announcement {
  readonly url: string;
  readonly models: readonly ServedModel[];
  readonly options: Pick<ServeOptions, "guard" | "policy" | "grace">;
  /** Requests have to have a key. */
  readonly wantsKey: boolean;
  /** Bytes that all models may take. */
  readonly budget: number;
}

/** `{schema: 1, kind: "serve", …}` in one line, for whoever started the server and waits for it. */
export function announceJson({ url, models }: Announcement): string {
  return JSON.stringify({
    schema: 1,
    kind: "serve",
    url,
    models: models.map(({ entry, state, facts }) => ({
      id: entry.id,
      aliases: entry.aliases,
      tier: entry.tier ?? null,
      state,
      context: facts.context,
    })),
    pid: process.pid,
  });
}

/** The block for people. */
export function announceText({ url, models, options, wantsKey, budget }: Announcement): string {
  const key = wantsKey ? "one of your keys" : "any text";
  const table = formatTable(
    [
      { title: "model" },
      { title: "tier" },
      { title: "context", align: "right" },
      { title: "weights" },
      { title: "memory", align: "right" },
      { title: "state" },
      { title: "also called", most: 72 },
    ],
    models.map(({ entry, state, facts, memory }) => [
      entry.id,
      entry.tier ?? "",
      formatCount(facts.context),
      facts.quantisation,
      gib(memory.predicted),
      stateOf(state, entry),
      entry.aliases.join(", "),
    ]),
  );
  return [
    `Serving at ${url}`,
    "",
    table,
    "",
    `model "auto": the router chooses, by the policy ${options.policy}.`,
    `Glitch tokens in prompts: ${options.guard}. ${Number.isFinite(budget) ? `Models may take ${gib(budget)} together` : "Memory is not checked"}.`,
    `OpenAI clients: base_url="${url}/v1", api_key: ${key}.`,
    `Ctrl-C stops; answers under way have ${options.grace} s.`,
  ].join("\n");
}

function stateOf(state: ServedModel["state"], { pinned }: FleetEntry): string {
  if (state !== "unloaded") return state;
  return pinned ? "loading" : "loads when asked for";
}
