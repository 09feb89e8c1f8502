/** `assay models add`: a name of the user's own for a file, an address or a file on the hub. */

import { resolve } from "node:path";
import { AppError } from "../../errors.ts";
import {
  BUNDLED_MODELS,
  CATALOGUE,
  CATALOGUE_ALIASES,
  type CatalogueEntry,
  ENTRY_NAME,
  entryOfAddress,
  entryOfFile,
  parseSource,
  readUserEntries,
  writeUserEntries,
} from "../../models/index.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { userCatalogueFiles } from "../user-catalogue.ts";

export type ModelsAddOptions = SharedOptions & {
  file?: string;
  url?: string;
  repo?: string;
  path?: string;
  sha256?: string;
  licence?: string;
  remove?: string;
};

export async function runModelsAdd(
  context: CliContext,
  options: ModelsAddOptions,
  name?: string,
): Promise<undefined> {
  if (options.remove !== undefined) return removeEntry(context, options.remove, name);
  if (name === undefined)
    throw new AppError("USAGE", "The model needs a name.", {
      hint: "assay models add NAME --file model.gguf",
    });
  const { json, terminal } = context;
  checkName(name);
  const entry = await describe(name, context, options);
  const file = userCatalogueFiles()[0]!;
  writeUserEntries(file, [...readUserEntries(file), entry]);
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "models-add", file, entry }));
  else {
    terminal.print(`Added ${name} to ${visibleToken(file)}.`);
    const next = entry.localPath === undefined ? `pull ${name}` : `show ${name}`;
    terminal.print(`Next: assay models ${next}`);
  }
  return undefined;
}

/** @throws AppError USAGE */
function checkName(name: string): void {
  if (!ENTRY_NAME.test(name))
    throw new AppError("USAGE", `"${visibleToken(name)}" cannot be a model's name.`, {
      hint: "Take lower-case letters, digits, dots, dashes and underscores, at most 100.",
    });
  const own = userCatalogueFiles().flatMap(readUserEntries);
  const isOwn = own.some((entry) => entry.name === name);
  const isKnown = [...CATALOGUE, ...BUNDLED_MODELS.map((it) => ({ name: it }))].some(
    (it) => it.name === name,
  );
  if (!isOwn && !isKnown && !Object.hasOwn(CATALOGUE_ALIASES, name)) return;
  throw new AppError("USAGE", `There is a model ${name} already.`, {
    hint: isOwn ? `Take another name, or first: assay models add --remove ${name}` : "Take another name.",
  });
}

async function describe(
  name: string,
  { config }: CliContext,
  { file, url, repo, path, sha256, licence }: ModelsAddOptions,
): Promise<CatalogueEntry> {
  if ([file, url, repo].filter((it) => it !== undefined).length !== 1)
    throw new AppError("USAGE", "Say where the model is, once.", {
      hint: "--file PATH, --url URL, or --repo OWNER/NAME with --path FILE",
    });
  if ((repo === undefined) !== (path === undefined))
    throw new AppError("USAGE", "--repo and --path belong together.");
  if (url !== undefined && !/^https?:\/\//i.test(url))
    throw new AppError("USAGE", `${visibleToken(url)} is no address.`, {
      hint: "It begins with https://. A file on this disk is --file.",
    });
  const entry =
    file === undefined
      ? entryOfAddress(name, parseSource(url ?? `hf:${repo}/${path}`, config))
      : await entryOfFile(name, resolve(file));
  return withSaid(entry, sha256, licence);
}

/** What the user says beside the place. */
function withSaid(
  entry: CatalogueEntry,
  sha256: string | undefined,
  licence: string | undefined,
): CatalogueEntry {
  const { files } = entry;
  if (sha256 !== undefined && (files.length > 1 || !/^[0-9a-f]{64}$/i.test(sha256)))
    throw new AppError(
      "USAGE",
      `--sha256 is ${files.length > 1 ? "for models of one file" : "64 hexadecimal digits"}.`,
    );
  return {
    ...entry,
    ...(licence !== undefined && { licence }),
    ...(sha256 !== undefined && { files: [{ ...files[0]!, sha256: sha256.toLowerCase() }] }),
  };
}

function removeEntry(
  { config, json, terminal, logger }: CliContext,
  removed: string,
  name: string | undefined,
): undefined {
  if (name !== undefined && name !== removed)
    throw new AppError("USAGE", "--remove takes one name.", {
      hint: `assay models add --remove ${visibleToken(removed)}`,
    });
  const files = userCatalogueFiles();
  const file = files.find((it) => readUserEntries(it).some((entry) => entry.name === removed));
  if (file === undefined) {
    const near = suggest(
      removed,
      files.flatMap(readUserEntries).map((entry) => entry.name),
    );
    throw new AppError("USAGE", `There is no model "${visibleToken(removed)}" that was added.`, {
      hint: near ? `Did you mean ${near}?` : "`assay models list` shows where each is from.",
    });
  }
  const kept = readUserEntries(file).filter((entry) => entry.name !== removed);
  writeUserEntries(file, kept);
  if (config.model === removed)
    logger.warn(`${removed} is still the default; choose another: assay models use lab-moe`);
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "models-remove", file, name: removed }));
  else terminal.print(`Removed ${removed} from ${visibleToken(file)}. Its files stay where they are.`);
  return undefined;
}
