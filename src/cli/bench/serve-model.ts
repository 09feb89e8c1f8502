/** The model that servers are measured with where none is named: large enough that a decode costs something. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../make-folder.ts";
import { writeOutputFile } from "../../models/index.ts";
import { writeRandomModel } from "../../testing/index.ts";

/** As written, with some room for the half-precision file before it. */
const BYTES = 400 * 2 ** 20;

/**
 * 8 layers of 512, 8 experts of 1,024 with two of them used, 32,000 tokens: about 140M weights in Q4_K_M, all drawn
 * at random. It says nothing, as fast as a trained one would. Written once.
 * @returns its path
 * @throws DISK_FULL
 */
export async function randomMixture(cacheDir: string): Promise<string> {
  const folder = join(cacheDir, "bench");
  makeFolder(folder);
  const path = join(folder, "random-moe-140m.Q4_K_M.gguf");
  if (!existsSync(path))
    await writeOutputFile(path, { expectedBytes: BYTES }, async (temporary) => {
      await writeRandomModel({
        path: temporary,
        ...{ layers: 8, dim: 512, heads: 8, kvHeads: 2, ffn: 1024, experts: 8, expertsUsed: 2 },
        ...{ vocabulary: 32_000, contextLength: 4096, type: "Q4_K_M", seed: 1 },
      });
    });
  return path;
}
