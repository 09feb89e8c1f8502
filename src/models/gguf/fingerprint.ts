/** Which file was measured: a hash that changes with the weights but takes under a second for 26 GB. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Gguf } from "./gguf.ts";
import { readGguf } from "./read-gguf.ts";
import { hashSample } from "./sample-file.ts";

/**
 * SHA-256, hex, over each shard's size, header and tensor table (to the byte) and a fixed sample of its data:
 * 64 windows of 1 MiB at equal distances, or all of it up to 64 MiB. It tells versions and quantisations
 * apart; it does not prove that every byte is intact.
 * @throws as readGguf
 */
export async function fingerprint(model: string | Gguf): Promise<string> {
  const gguf = typeof model === "string" ? await readGguf(model) : model;
  const hash = createHash("sha256");
  for (const { path, dataOffset, fileSize } of gguf.shards) {
    hash.update(`${fileSize}\n`);
    const file = await open(path, "r");
    try {
      const headerEnd = Math.min(dataOffset, fileSize);
      for await (const chunk of file.createReadStream({ start: 0, end: headerEnd - 1, autoClose: false }))
        hash.update(chunk);
      await hashSample(hash, file, headerEnd, fileSize);
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}
