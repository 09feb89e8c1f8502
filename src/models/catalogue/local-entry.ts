/** A catalogue entry for a file that is here: its header says the facts. */

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { visibleToken } from "../../visible-token.ts";
import { describeModel } from "../describe-model.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { describeLegacyExperts } from "../gguf/legacy-experts.ts";
import { textOf } from "../gguf/metadata.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import type { CatalogueEntry, CatalogueFile, ModelShape } from "./catalogue-entry.ts";

/** Tokens of context where nothing is said; the engine's own default. */
const CONTEXT_DEFAULT = 4_096;
/** A header may say anything; a line of a table may not be longer. */
const MOST_TEXT = 200;

/**
 * Makes an entry of a local GGUF file or the first of its shards.
 * @throws MODEL_INVALID, MODEL_NOT_FOUND as readGguf()
 */
export async function entryOfFile(name: string, path: string): Promise<CatalogueEntry> {
  const gguf = await readGguf(path);
  const files: CatalogueFile[] = [];
  for (const shard of gguf.shards) {
    files.push({ path: basename(shard.path), sizeBytes: (await stat(shard.path)).size });
  }
  const shape = shapeOf(gguf);
  const legacy = describeLegacyExperts(gguf);
  return {
    name,
    title: headerText(gguf, "general.name") ?? visibleToken(basename(path)),
    localPath: gguf.path,
    files,
    quantisation: describeModel(gguf).quantisation,
    licence: headerText(gguf, "general.license") ?? "unknown",
    contextDefault: Math.min(CONTEXT_DEFAULT, shape.contextTrained || CONTEXT_DEFAULT),
    ...(legacy && { needsRepair: true as const }),
    shape,
    source: "the file's header",
  };
}

/** What a header says of a model's shape. */
export function shapeOf(gguf: Gguf): ModelShape {
  const { architecture, parameters, layers, dim, kvHeads, headDim, ffn, experts, ...rest } =
    describeModel(gguf);
  const { expertsUsed, vocabulary, contextTrained, sizeBytes } = rest;
  return {
    architecture: visibleToken(architecture),
    ...{ parameters, layers, dim, kvHeads, headDim, ffn, experts },
    ...{ expertsUsed, vocabulary, contextTrained, sizeBytes },
  };
}

/** A text of the header that may be shown, undefined when there is none. */
export function headerText(gguf: Gguf, key: string): string | undefined {
  const text = textOf(gguf, key)?.trim();
  return text ? visibleToken(text.slice(0, MOST_TEXT)) : undefined;
}
