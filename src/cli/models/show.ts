/** `assay models show`: the card of one model, here or not. */

import { isAppError } from "../../errors.ts";
import {
  type CardMemory,
  type CatalogueEntry,
  cardOfEntry,
  cardOfFile,
  entrySize,
  findEntry,
  type ModelCard,
  smallestInstances,
} from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { describeMachineFacts, machineFacts } from "../machine-facts.ts";
import { type Column, formatTable } from "../table.ts";
import { gib } from "../units.ts";
import { userEntries } from "../user-catalogue.ts";
import { findModel, modelText } from "../with-model.ts";

export async function runModelsShow(
  context: CliContext,
  options: SharedOptions,
  argument?: string,
): Promise<undefined> {
  const { json, terminal } = context;
  const machine = machineFacts();
  const card = await cardOf(context, options, argument, machine);
  if (json) {
    const largest = card.memory.find(({ quantisation }) => quantisation === card.quantisation);
    const usual = largest?.contexts.find((it) => it.context === card.contextDefault) ?? largest?.contexts[0];
    const instances = usual ? smallestInstances(usual.total) : null;
    terminal.print(JSON.stringify({ schema: 1, kind: "model-card", ...card, machine, instances }));
    return undefined;
  }
  terminal.print(
    [head(card), ...sections(card), `This machine: ${describeMachineFacts(machine)}.`].join("\n\n"),
  );
  return undefined;
}

/** From the file if it is here, else from the catalogue. */
async function cardOf(
  context: CliContext,
  options: SharedOptions,
  argument: string | undefined,
  machine: Parameters<typeof cardOfEntry>[1],
): Promise<ModelCard> {
  const choice = { argument, options };
  const text = modelText(context, choice);
  try {
    const { name, gguf } = await findModel(context, choice);
    const found = findEntry(text, userEntries());
    // Found by its file name alone it is that entry only if the size agrees: anybody may name a file so.
    const isNamed = found && !/\.gguf$/i.test(text) && modelStemOf(found) !== text;
    const entry = isNamed || (found && entrySize(found) === gguf.fileSize) ? found : undefined;
    return cardOfFile(visibleToken(entry?.name ?? name), gguf, machine, entry);
  } catch (error) {
    const entry = isAppError(error) && error.code === "MODEL_NOT_FOUND" && findEntry(text, userEntries());
    if (!entry) throw error;
    return cardOfEntry(entry, machine);
  }
}

const modelStemOf = ({ files }: CatalogueEntry) => files[0]!.path.replace(/\.gguf$/i, "");

function head(card: ModelCard): string {
  const { name, title, path, sizeBytes, repo, shape, tokenizer, template, contextDefault } = card;
  const number = (value: number) => value.toLocaleString("en-US");
  const experts =
    shape && shape.experts > 0
      ? `, ${shape.experts} experts of which ${shape.expertsUsed} are used`
      : shape && ", dense";
  const size = sizeBytes === undefined ? "size unknown" : gib(sizeBytes);
  const rows: (readonly [string, string | undefined])[] = [
    ["file", path === undefined ? `not here, ${size}` : `${visibleToken(path)}, ${size}`],
    ["repository", repo],
    [
      "architecture",
      shape &&
        `${shape.architecture}${experts}, ${shape.layers} layers, width ${number(shape.dim)}, ${number(shape.parameters)} weights`,
    ],
    ["tokenizer", shape && `${tokenizer ?? "as the file says"}, ${number(shape.vocabulary)} tokens`],
    [
      "context",
      shape && `trained for ${number(shape.contextTrained)} tokens; commands take ${number(contextDefault)}`,
    ],
    ["quantisation", card.quantisation],
    ["template", `${template.name}: ${template.reason}`],
    ["licence", card.licence],
    ["published", card.published],
    ["facts from", card.source],
    ["next", nextStep(card)],
  ];
  const lines = rows.flatMap(([label, value]) => (value === undefined ? [] : `${label.padEnd(14)}${value}`));
  return [`${title} (${name})`, ...lines].join("\n");
}

function nextStep({ name, path, needsRepair }: ModelCard): string | undefined {
  if (path === undefined)
    return `npx assay models pull ${name}${needsRepair ? ", then models repair: its experts are in the layout of 2023" : ""}`;
  return needsRepair ? "assay models repair: llama.cpp no longer loads its layout of the experts" : undefined;
}

function sections({ types, memory }: ModelCard): string[] {
  const list: string[] = [];
  const right = (title: string): Column => ({ title, align: "right" });
  if (types.length > 0)
    list.push(
      formatTable(
        [{ title: "tensor type" }, right("tensors"), right("bytes"), right("share"), right("bits a weight")],
        types.map(({ type, tensors, bytes, share, weights }) => [
          type,
          String(tensors),
          bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : gib(bytes),
          `${(100 * share).toFixed(1)} %`,
          ((8 * bytes) / weights).toFixed(2),
        ]),
      ),
    );
  const [first] = memory;
  if (first) {
    const contexts = first.contexts.map(({ context }) =>
      right(`at ${context.toLocaleString("en-US")} tokens`),
    );
    const rows = memory.map(({ quantisation, weights, exact, contexts: cells }) => [
      quantisation,
      `${exact ? "" : "~ "}${gib(weights)}`,
      ...cells.map(describeCell),
    ]);
    const cache = ["of it cache", "", ...first.contexts.map(({ kvCache }) => gib(kvCache))];
    list.push(
      `${formatTable([{ title: "memory" }, right("weights"), ...contexts], [...rows, cache])}\n~ by bits a weight; buffers are counted in`,
    );
  }
  return list;
}

const VERDICTS = { fits: "fits", tight: "tight", "too-large": "no" } as const;

function describeCell({ total, verdict, place }: CardMemory): string {
  return `${gib(total)} ${VERDICTS[verdict]}${place === "gpu" ? ", GPU" : ""}`;
}
