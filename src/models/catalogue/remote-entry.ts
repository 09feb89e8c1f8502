/** A catalogue entry for files that are elsewhere: what is known is their address. */

import { visibleToken } from "../../visible-token.ts";
import { modelStem } from "../gguf/shard-names.ts";
import type { PullSource } from "../pull/source.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";

const CONTEXT_DEFAULT = 4_096;
// As the names of files on the hub say it: model.Q4_K_M.gguf, model-iq3_xs.gguf, model-BF16-00001-of-00003.gguf.
const QUANTISATION = /(?:^|[._-])(i?q\d(?:_[a-z0-9]+)*|bf16|f16|f32)(?=$|[._-])/gi;

/**
 * Makes an entry of a parsed address. Size and shape stay unknown until the file is here.
 * @param source of parseSource()
 */
export function entryOfAddress(name: string, { files, hub }: PullSource): CatalogueEntry {
  const isPlain = hub !== undefined && hub.revision === "main";
  const stem = modelStem(files[0]!.fileName);
  const quantisation = [...stem.matchAll(QUANTISATION)].at(-1)?.[1]?.toUpperCase();
  return {
    name,
    title: visibleToken(stem),
    // A revision is part of the address and of nothing else.
    ...(isPlain ? { repo: hub.repo } : { urls: files.map(({ url }) => url.href) }),
    files: files.map(({ fileName }, index) => ({ path: isPlain ? hub.paths[index]! : fileName })),
    quantisation: quantisation ?? "unknown",
    licence: "unknown",
    contextDefault: CONTEXT_DEFAULT,
    source: "what the user wrote",
  };
}
