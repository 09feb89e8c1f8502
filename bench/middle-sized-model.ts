/** The model of `assay bench serve`, between the bundled ones and a real one, in a folder that all benchmarks share. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomMixture } from "../src/cli/bench/serve-model.ts";

/** 8 layers of 512, 8 experts of 1,024, 32,000 tokens: about 140M weights, Q4_K_M; written once. */
export function middleSizedModel(): Promise<string> {
  return randomMixture(join(tmpdir(), "assay"));
}
