/** What `assay serve` serves: MODEL arguments and settings -> entries of the fleet. */

import type { Config, ServedModelSetting } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { checkEntries, type FleetEntry } from "../../fleet/index.ts";
import { type CatalogueEntry, describeModel, type ResolvedModel } from "../../models/index.ts";
import { nameModels } from "./entries-aliases.ts";
import { catalogueName } from "./entries-catalogue.ts";
import { chooseTiers } from "./entries-tiers.ts";

/** What the command line says of the models. */
export interface EntryWishes {
  /** MODEL arguments. */
  readonly models?: readonly string[] | undefined;
  /** A MODEL for each tier; it is served even if it is not among the arguments. */
  readonly small?: string | undefined;
  readonly large?: string | undefined;
  /** NAME=ID. */
  readonly aliases?: readonly string[] | undefined;
}

/** What is asked of the machine. */
export interface EntrySources {
  /** The file of a MODEL, made first where it has to be. */
  readonly find: (model: string) => Promise<ResolvedModel>;
  /** Models to serve when nobody named one, the best first. */
  readonly findDefaults: () => Promise<readonly string[]>;
  readonly userEntries: readonly CatalogueEntry[];
  readonly onWarning: (message: string) => void;
}

/** A model with the file that was found for it. */
export interface FoundModel {
  readonly setting: ServedModelSetting;
  readonly found: ResolvedModel;
  /** Its name in the catalogue, if it is known there. */
  readonly known: string | undefined;
}

/**
 * The models to serve, with the names that requests may use.
 * @throws CONFIG, USAGE for names that clash or mean nothing; MODEL_NOT_FOUND, MODEL_INVALID
 */
export async function fleetEntries(
  wishes: EntryWishes,
  config: Pick<Config, "serveModels" | "aliases" | "context">,
  sources: EntrySources,
): Promise<FleetEntry[]> {
  const models: FoundModel[] = [];
  for (const setting of await listModels(wishes, config, sources))
    models.push(await findOne(setting, sources));
  const small = await addModel(models, wishes.small, sources);
  const large = await addModel(models, wishes.large, sources);
  const sizes = models.map(({ setting, found }) => ({
    path: found.path,
    tier: setting.tier,
    parameters: describeModel(found.gguf).parameters,
  }));
  const tiers = chooseTiers(sizes, { small, large });
  const aliases = { wished: wishes.aliases ?? [], configured: config.aliases };
  const names = nameModels(models, aliases, sources);
  const entries = models.map(({ setting, found }, at): FleetEntry => {
    const { context = config.context || undefined, pinned = false } = setting;
    return { ...names[at]!, path: found.path, name: found.name, tier: tiers[at], context, pinned };
  });
  checkEntries(entries);
  return entries;
}

/** The path of a tier's model, which is added where it is not among the others. */
async function addModel(
  models: FoundModel[],
  model: string | undefined,
  sources: EntrySources,
): Promise<string | undefined> {
  if (model === undefined) return undefined;
  const wanted = await findOne({ model }, sources);
  const { path } = wanted.found;
  if (!models.some(({ found }) => found.path === path)) models.push(wanted);
  return path;
}

/** Arguments, else the settings' list, else what is there. The models of --small and --large come on top. */
async function listModels(
  { models = [], small, large }: EntryWishes,
  { serveModels }: Pick<Config, "serveModels">,
  { findDefaults }: EntrySources,
): Promise<readonly ServedModelSetting[]> {
  if (models.length > 0) return models.map((model) => ({ model }));
  if (serveModels.length > 0) return serveModels;
  if (small !== undefined || large !== undefined) return [];
  return (await findDefaults()).map((model) => ({ model }));
}

async function findOne(setting: ServedModelSetting, sources: EntrySources): Promise<FoundModel> {
  if (setting.model === "auto")
    throw new AppError(
      "USAGE",
      '"auto" is no model to serve: it asks the router to choose among those that are.',
      {
        hint: "Name the models, for instance: assay serve lab-moe lab-dense",
      },
    );
  const found = await sources.find(setting.model);
  return { setting, found, known: catalogueName(setting.model, found, sources.userEntries) };
}
