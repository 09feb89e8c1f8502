/** All that is known of one model: from its file where there is one, else from the catalogue. */

import { basename } from "node:path";
import { visibleToken } from "../../visible-token.ts";
import { describeModel } from "../describe-model.ts";
import { estimateMemory } from "../estimate-memory.ts";
import { countWeights } from "../gguf/ggml-types.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { describeLegacyExperts } from "../gguf/legacy-experts.ts";
import { textOf } from "../gguf/metadata.ts";
import type { MemoryVerdict } from "../memory/assess-memory.ts";
import { type CatalogueEntry, entrySize, type ModelShape } from "./catalogue-entry.ts";
import { headerText, shapeOf } from "./local-entry.ts";
import { fitMachine, type MachineFacts, type MachineFit } from "./machine-fit.ts";
import { quantisedSizes } from "./quantised-sizes.ts";

/** Tensors of one type. */
export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly weights: number;
  readonly bytes: number;
  /** Of all tensors' bytes. */
  readonly share: number;
}

export interface CardMemory {
  readonly context: number;
  readonly kvCache: number;
  readonly total: number;
  readonly verdict: MemoryVerdict;
  readonly place: MachineFit["place"];
}

export interface CardMemoryRow {
  readonly quantisation: string;
  readonly weights: number;
  /** false: by bits a weight. */
  readonly exact: boolean;
  readonly contexts: readonly CardMemory[];
}

export interface ModelCard {
  readonly name: string;
  readonly title: string;
  /** undefined for a model that is not here. */
  readonly path: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly repo: string | undefined;
  readonly licence: string;
  readonly published: string | undefined;
  readonly quantisation: string;
  readonly shape: ModelShape | undefined;
  /** Empty without a file. */
  readonly types: readonly TypeShare[];
  /** undefined without a file. */
  readonly tokenizer: string | undefined;
  readonly template: { readonly name: string; readonly reason: string };
  readonly contextDefault: number;
  readonly needsRepair: boolean;
  readonly memory: readonly CardMemoryRow[];
  readonly source: string;
}

/** Contexts that the memory table shows, as far as the model was trained for them. */
const CONTEXTS = [2_048, 4_096, 8_192, 32_768];
const CONTEXT_DEFAULT = 4_096;

/** tokenizer.ggml.model in words (src/llama-vocab.cpp). */
const TOKENIZERS: Readonly<Record<string, string>> = {
  llama: "SentencePiece BPE with byte fallback",
  gpt2: "byte-level BPE",
  bert: "WordPiece",
  t5: "SentencePiece unigram",
  rwkv: "RWKV",
};

/** The card of a file; `entry` adds what no header says. */
export function cardOfFile(
  name: string,
  gguf: Gguf,
  machine: MachineFacts,
  entry?: CatalogueEntry | undefined,
): ModelCard {
  const { quantisation, template } = describeModel(gguf);
  const shape = shapeOf(gguf);
  const kind = textOf(gguf, "tokenizer.ggml.model") ?? "none";
  return {
    name,
    title: entry?.title ?? headerText(gguf, "general.name") ?? visibleToken(basename(gguf.path)),
    path: gguf.path,
    sizeBytes: gguf.fileSize,
    repo: entry?.repo,
    licence: entry?.licence ?? headerText(gguf, "general.license") ?? "unknown",
    published: entry?.published,
    quantisation,
    shape,
    types: typeShares(gguf),
    tokenizer: TOKENIZERS[kind] ?? visibleToken(kind),
    template: { name: template.name, reason: template.reason },
    contextDefault: Math.min(CONTEXT_DEFAULT, shape.contextTrained || CONTEXT_DEFAULT),
    needsRepair: describeLegacyExperts(gguf) !== undefined,
    memory: memoryRows(shape, quantisation, machine),
    source: "the file's header",
  };
}

/** The card of a model that is not here. */
export function cardOfEntry(entry: CatalogueEntry, machine: MachineFacts): ModelCard {
  const { name, title, repo, licence, published, quantisation, shape, contextDefault, source } = entry;
  return {
    ...{ name, title, repo, licence, published, quantisation, shape, contextDefault, source },
    path: undefined,
    sizeBytes: entrySize(entry),
    types: [],
    tokenizer: undefined,
    template:
      entry.template === undefined
        ? { name: "unknown", reason: "It is read from the file, once it is here." }
        : { name: entry.template, reason: "As its makers document it; a template in the file itself wins." },
    needsRepair: entry.needsRepair === true,
    memory: shape ? memoryRows(shape, quantisation, machine) : [],
  };
}

function typeShares({ tensors }: Gguf): TypeShare[] {
  const all = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const byType = new Map<string, { tensors: number; weights: number; bytes: number }>();
  for (const { type, shape, sizeBytes } of tensors) {
    const { tensors: count, weights, bytes } = byType.get(type) ?? { tensors: 0, weights: 0, bytes: 0 };
    byType.set(type, {
      tensors: count + 1,
      weights: weights + countWeights(shape),
      bytes: bytes + sizeBytes,
    });
  }
  return [...byType]
    .map(([type, sums]) => ({ type, ...sums, share: all === 0 ? 0 : sums.bytes / all }))
    .toSorted((a, b) => b.bytes - a.bytes);
}

function memoryRows(shape: ModelShape, own: string, machine: MachineFacts): CardMemoryRow[] {
  const limit = shape.contextTrained || Number.POSITIVE_INFINITY;
  const fitting = CONTEXTS.filter((context) => context <= limit);
  const contexts = fitting.length > 0 ? fitting : [limit];
  return quantisedSizes(shape, own).map(({ quantisation, weights, exact }) => ({
    ...{ quantisation, weights, exact },
    contexts: contexts.map((context) => {
      const sizes = { ...shape, sizeBytes: weights };
      const { kvCache, total } = estimateMemory(sizes, { context });
      const { verdict, place } = fitMachine(sizes, context, machine);
      return { context, kvCache, total, verdict, place };
    }),
  }));
}
