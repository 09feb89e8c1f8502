/** `assay models list`: what there is, what is here, and what would run here. */

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { isAppError } from "../../errors.ts";
import {
  CATALOGUE,
  CATALOGUE_ALIASES,
  type CatalogueEntry,
  entryOfFile,
  entrySize,
  estimateMemory,
  findEntry,
  findInstalled,
  fitMachine,
  type InstallFolders,
  type MachineFacts,
  type MachineFit,
  smallestInstances,
} from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { describeMachineFacts, machineFacts } from "../machine-facts.ts";
import { type Column, formatTable } from "../table.ts";
import { textWidth } from "../text-width.ts";
import { gib } from "../units.ts";
import { userEntries } from "../user-catalogue.ts";
import { installFolders } from "./install-folders.ts";

export type ModelsListOptions = SharedOptions & { installed?: true };

/** The context of the table. */
const CONTEXT = 4_096;
/** Headers of more files than this are not read for a list. */
const MOST_FILES = 200;

interface Listed {
  readonly entry: CatalogueEntry;
  /** "file": in the models folder, and in no catalogue. */
  readonly origin: "bundled" | "catalogue" | "user" | "file";
  readonly installed: string | undefined;
}

export async function runModelsList(context: CliContext, options: ModelsListOptions): Promise<undefined> {
  const { config, json, terminal, logger } = context;
  const folders = installFolders(config);
  const own = userEntries();
  const known = [
    ...CATALOGUE.map((entry) => ({ entry, origin: entry.bundled ? "bundled" : "catalogue" }) as const),
    ...own.map((entry) => ({ entry, origin: "user" }) as const),
  ];
  const listed: Listed[] = [];
  for (const { entry, origin } of known)
    listed.push({ entry, origin, installed: await findInstalled(entry, folders) });
  listed.push(...(await otherFiles(listed, folders, (message) => logger.warn(message))));
  const rows = listed.filter(({ installed }) => installed !== undefined || !options.installed);
  const machine = machineFacts();
  const standard = findEntry(config.model, own)?.name;
  const isDefault = ({ entry, installed }: Listed) => entry.name === standard || installed === config.model;
  if (json) {
    const models = rows.map((row) => ({ ...document(row, machine), isDefault: isDefault(row) }));
    terminal.print(JSON.stringify({ schema: 1, kind: "models", context: CONTEXT, machine, models }));
    return undefined;
  }
  terminal.print(table(rows, machine, isDefault));
  terminal.print("");
  terminal.print(`This machine: ${describeMachineFacts(machine)}. Memory is for ${CONTEXT} tokens.`);
  if (rows.some(({ entry }) => entry.needsRepair))
    terminal.print("Entries of 2023 need `assay models repair` once they are pulled.");
  terminal.print("`assay models show NAME` tells all of one; `assay models pull NAME` gets it.");
  return undefined;
}

/** GGUF files of the model folders that no entry names: what somebody put there. */
async function otherFiles(
  listed: readonly Listed[],
  { modelDirs }: InstallFolders,
  warn: (message: string) => void,
): Promise<Listed[]> {
  const named = new Set(listed.flatMap(({ installed }) => installed ?? []));
  const others: Listed[] = [];
  for (const folder of modelDirs) {
    const names = (await readdir(folder).catch(() => [])).filter(isFirstFile).toSorted();
    for (const name of names.slice(0, MOST_FILES - others.length)) {
      const path = join(folder, name);
      if (named.has(path)) continue;
      try {
        const entry = await entryOfFile(basename(name, ".gguf"), path);
        others.push({ entry, origin: "file", installed: path });
      } catch (error) {
        if (!isAppError(error)) throw error;
        warn(`Left out: ${visibleToken(error.message)}`);
      }
    }
  }
  return others;
}

const isFirstFile = (name: string) => name.endsWith(".gguf") && !/-(?!00001)\d{5}-of-\d{5}\.gguf$/.test(name);

function fitOf(
  { shape }: CatalogueEntry,
  machine: MachineFacts,
): (MachineFit & { context: number }) | undefined {
  if (!shape) return undefined;
  const context = Math.min(CONTEXT, shape.contextTrained || CONTEXT);
  return { ...fitMachine(shape, context, machine), context };
}

function table(rows: readonly Listed[], machine: MachineFacts, isDefault: (row: Listed) => boolean): string {
  const columns: readonly Column[] = [
    { title: "name" },
    { title: "type" },
    { title: "size", align: "right" },
    { title: "memory", align: "right" },
    { title: "here" },
    { title: "installed" },
    { title: "smallest at AWS: CPU, GPU" },
    { title: "licence", most: 20 },
    { title: "published" },
  ];
  const cells = rows.map((row) => {
    const { entry, installed } = row;
    const fit = fitOf(entry, machine);
    const size = entrySize(entry);
    return [
      `${visibleToken(entry.name)}${isDefault(row) ? " *" : ""}`,
      entry.quantisation,
      size === undefined ? "?" : gib(size),
      fit ? gib(fit.needed) : "?",
      fit ? describeFit(fit) : "?",
      describeInstalled(entry, installed),
      fit ? awsOf(fit.needed) : "",
      entry.licence,
      entry.published ?? "",
    ];
  });
  return fitColumns(columns, cells) + (rows.some(isDefault) ? "\n* the default" : "");
}

/** On a terminal the last columns give way to its width; a pipe gets all. */
function fitColumns(columns: readonly Column[], cells: readonly string[][]): string {
  const room = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  const width = (text: string) => Math.max(...text.split("\n").map(textWidth));
  let text = formatTable(columns, cells);
  for (let count = columns.length - 1; count > 5 && width(text) > room; count--)
    text = formatTable(columns.slice(0, count), cells);
  return text;
}

/** A repaired file stands in for one of 2023. */
function describeInstalled({ needsRepair, files }: CatalogueEntry, path: string | undefined): string {
  if (path === undefined) return "";
  return needsRepair && basename(path) === basename(files[0]!.path) ? "yes, to repair" : "yes";
}

/** "fits, 3.10 GiB left" */
export function describeFit({ verdict, place, needed, available }: MachineFit): string {
  const where = place === "gpu" ? " on the GPU" : place === "split" ? ": RAM and GPU" : "";
  if (verdict === "fits") return `fits${where}, ${gib(Math.max(0, available - needed))} left`;
  if (verdict === "tight") return `tight${where}`;
  return `no, ${gib(Math.max(0, needed - available))} short`;
}

function awsOf(bytes: number): string {
  const { cpu, gpu } = smallestInstances(bytes);
  const name = (list: typeof cpu) => list.find(({ cloud }) => cloud === "AWS")?.name ?? "none";
  return `${name(cpu)}, ${name(gpu)}`;
}

function document({ entry, origin, installed }: Listed, machine: MachineFacts) {
  const { shape, ...facts } = entry;
  const fit = fitOf(entry, machine);
  return {
    ...facts,
    origin,
    aliases: Object.keys(CATALOGUE_ALIASES).filter((alias) => CATALOGUE_ALIASES[alias] === entry.name),
    sizeBytes: entrySize(entry) ?? null,
    parameters: shape?.parameters ?? null,
    memory:
      shape && fit ? { context: fit.context, ...estimateMemory(shape, { context: fit.context }) } : null,
    here: fit ?? null,
    installed: installed ?? null,
    instances: fit ? smallestInstances(fit.needed) : null,
  };
}
