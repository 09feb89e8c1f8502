/** Ids and aliases of served models: said by the user, known from the catalogue, never for a model that is not there. */

import { AppError } from "../../errors.ts";
import { CATALOGUE_ALIASES } from "../../models/index.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import type { EntrySources, FoundModel } from "./entries.ts";
import { lineOf } from "./entries-catalogue.ts";

export interface ModelNames {
  readonly id: string;
  readonly aliases: readonly string[];
}

export interface WishedAliases {
  /** NAME=ID of the command line. */
  readonly wished: readonly string[];
  /** Name -> id of the settings. */
  readonly configured: Readonly<Record<string, string>>;
}

/**
 * Names for each model, in order. The catalogue's aliases go to the model that they are for, or to the first of its
 * line; where the user gave such a name away, his choice holds.
 * @throws USAGE for a flag that is no NAME=ID, or whose ID is not served
 */
export function nameModels(
  models: readonly FoundModel[],
  { wished, configured }: WishedAliases,
  { onWarning }: Pick<EntrySources, "onWarning">,
): ModelNames[] {
  const ids = models.map(({ setting, found, known }) => setting.id ?? idOf(known ?? found.name));
  const own = models.map(({ setting }) => [...(setting.aliases ?? [])]);
  const give = (name: string, id: string) => own[ids.indexOf(id)]?.push(name);
  const flags = wished.map(readAlias);
  for (const { name, id } of flags) {
    if (!ids.includes(id)) throw notServed(name, id, ids);
    give(name, id);
  }
  for (const [name, id] of Object.entries(configured)) {
    if (flags.some((flag) => flag.name === name)) continue;
    if (ids.includes(id)) give(name, id);
    else
      onWarning(
        `The alias ${visibleToken(name)} is left out: ${visibleToken(id)} is not served (${ids.join(", ")} are).`,
      );
  }
  const taken = new Set([...ids, ...own.flat()]);
  const known = models.map((model) => model.known);
  for (const [alias, target] of Object.entries(CATALOGUE_ALIASES)) {
    const at = holderOf(alias, target, known);
    if (at >= 0 && !taken.has(alias)) own[at]?.push(alias);
  }
  return ids.map((id, at) => ({ id, aliases: own[at]! }));
}

/** The model that an alias of the catalogue is for; -1 if neither it nor one of its line is there. */
function holderOf(alias: string, target: string, known: readonly (string | undefined)[]): number {
  const exact = known.indexOf(target);
  if (exact >= 0 || alias.replace(/^local-/, "") !== lineOf(target)) return exact;
  return known.findIndex((name) => name !== undefined && lineOf(name) === lineOf(target));
}

/** Ids stand in addresses and headers; a file may be called anything. */
function idOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, 128) || "model";
}

function readAlias(text: string): { name: string; id: string } {
  const [, name, id] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (name !== undefined && id !== undefined) return { name, id };
  throw new AppError("USAGE", `--alias ${visibleToken(text)} is wrong: NAME=ID is expected.`, {
    hint: "For instance: --alias gpt-4o=lab-moe",
  });
}

function notServed(name: string, id: string, ids: readonly string[]): AppError {
  const near = suggest(id, ids);
  return new AppError(
    "USAGE",
    `The alias ${visibleToken(name)} is for ${visibleToken(id)}, which is not served.`,
    { hint: near === undefined ? `Served: ${ids.join(", ")}.` : `Did you mean ${near}?` },
  );
}
