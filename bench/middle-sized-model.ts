/** A model of random weights between the bundled ones and a real one, made for benchmarks. */

import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRandomModel } from "../src/testing/index.ts";

/** 8 layers of 512, 8 experts of 1,024, 32,000 tokens: about 140M weights, Q4_K_M; written once. */
export async function middleSizedModel(): Promise<string> {
  const folder = join(tmpdir(), "assay-bench");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "random-moe-140m.Q4_K_M.gguf");
  if (!existsSync(path))
    await writeRandomModel({
      path,
      layers: 8,
      dim: 512,
      heads: 8,
      kvHeads: 2,
      ffn: 1024,
      experts: 8,
      expertsUsed: 2,
      vocabulary: 32_000,
      contextLength: 4096,
      type: "Q4_K_M",
      seed: 1,
    });
  return path;
}
