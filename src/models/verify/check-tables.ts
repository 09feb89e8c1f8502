/** What the header says, once it reads: the metadata that llama.cpp asks for, a tensor for every layer, the sizes. */

import { visibleToken } from "../../visible-token.ts";
import { describeModel } from "../describe-model.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { describeLegacyExperts, repairCommand } from "../gguf/legacy-experts.ts";
import { numberOf, textOf } from "../gguf/metadata.ts";
import { type Finding, fail, firstFew, ok, warn } from "./model-check.ts";

/** Keys without which llama.cpp does not load any model (src/llama-model.cpp, load_hparams). */
const REQUIRED = ["context_length", "embedding_length", "block_count", "attention.head_count"];

export function checkMetadata(gguf: Gguf): Finding {
  const architecture = textOf(gguf, "general.architecture");
  if (architecture === undefined)
    return fail("The metadata do not name an architecture.", "Convert the model again.");
  const missing = REQUIRED.filter((key) => !gguf.metadata.has(`${architecture}.${key}`));
  if (missing.length > 0)
    return fail(
      `The metadata lack ${missing.map((key) => visibleToken(`${architecture}.${key}`)).join(", ")}.`,
      "Convert the model again, or get another conversion.",
    );
  const { quantisation, layers, experts } = describeModel(gguf);
  const mixture = experts > 0 ? `, ${experts} experts` : "";
  return ok(
    `${gguf.metadata.size} entries: ${visibleToken(architecture)}, ${layers} layers${mixture}, ${quantisation}`,
  );
}

export function checkTensors(gguf: Gguf): Finding {
  const layers = describeModel(gguf).layers;
  const present = new Set<number>();
  for (const { name } of gguf.tensors) {
    const layer = /^blk\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) present.add(Number(layer));
  }
  const names = new Set(gguf.tensors.map(({ name }) => name));
  const missing = ["token_embd.weight", "output_norm.weight"].filter((name) => !names.has(name));
  // A file may claim any number of layers; the first gap is at most one behind what is there.
  let gap = 0;
  while (gap < layers && present.has(gap)) gap++;
  if (gap < layers) missing.push(`blk.${gap}.*`);
  if (missing.length > 0)
    return fail(
      `The model is incomplete: there is no ${missing.join(", ")} (${gguf.tensors.length} tensors, ${present.size} of ${layers} layers).`,
      gguf.shards.length > 1 ? "Get all of its shards again." : "Get the file again, or convert it again.",
    );
  return ok(`${gguf.tensors.length} tensors for ${layers} layers`);
}

/** Bytes behind the last tensor that are neither padding nor worth a word. */
const MAX_TAIL_BYTES = 4_096;

export function checkSizes(gguf: Gguf): Finding {
  const ends = gguf.shards.map(({ dataOffset }) => dataOffset);
  for (const { shard, offset, sizeBytes } of gguf.tensors)
    ends[shard] = Math.max(ends[shard]!, offset + sizeBytes);
  const longer = gguf.shards.flatMap(({ path, fileSize }, index) => {
    const tail = fileSize - ends[index]!;
    return tail > Math.max(MAX_TAIL_BYTES, gguf.alignment) ? [`${path} by ${tail} bytes`] : [];
  });
  if (longer.length > 0)
    return warn(
      `Longer than the tensors need: ${firstFew(longer)}.`,
      "It loads; what stands behind the weights is not of the model. Compare the size with its source.",
    );
  return ok(`All tensors lie inside the file, none over another; ${gguf.fileSize} bytes`);
}

export function checkShards(gguf: Gguf): Finding {
  const count = gguf.shards.length;
  const said = numberOf(gguf, "split.count");
  // A shard under another name looks like an ordinary file with most tensors missing.
  if (count === 1 && said !== undefined && said > 1)
    return fail(
      `The file is one of ${said} shards, but its name does not say so.`,
      `Give the shards their names back: model-00001-of-${String(said).padStart(5, "0")}.gguf and so on.`,
    );
  return ok(count === 1 ? "One file" : `All ${count} shards are there`);
}

export function checkLayout(gguf: Gguf): Finding {
  const legacy = describeLegacyExperts(gguf);
  if (legacy)
    return fail(
      `The file has split experts, as in December 2023: ${legacy.tensors} tensors in ${legacy.layers} layers, which llama.cpp no longer loads.`,
      `No weight has to change: ${repairCommand(gguf.path)}`,
    );
  return ok(describeModel(gguf).experts > 0 ? "The experts of a layer lie together" : "No experts");
}
