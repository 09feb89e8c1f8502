/**
 * npm run bench:indicators [-- --json]
 *
 * All indicators of two matrices of Mixtral's real size, 32,000 x 4,096 in Q4_K and Q6_K, streamed from the file:
 * seconds against the aim of 2 s with the file in the page cache, and the most memory the process ever had
 * against the aim of 300 MB.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readIndicators } from "../src/glitch/index.ts";
import { loadLibrary } from "../src/llama/index.ts";
import { readGguf } from "../src/models/index.ts";
import { printResults, timed } from "./report.ts";

const RUNS = 5;
const AIM_SECONDS = 2;
const AIM_BYTES = 300e6;

const folder = join(tmpdir(), "assay-bench");
const path = join(folder, "embeddings-32000x4096.gguf");
mkdirSync(folder, { recursive: true });
if (!existsSync(path)) {
  // In another process: what writing takes must not count as what reading takes.
  const write = `import { writeEmbeddingFile } from ${JSON.stringify(fileURLToPath(new URL("../src/testing/index.ts", import.meta.url)))};
    await writeEmbeddingFile({ path: ${JSON.stringify(path)}, vocabulary: 32000, dim: 4096 });`;
  execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", write], {
    stdio: "inherit",
  });
}

const library = loadLibrary({ gpu: "off" });
const gguf = await readGguf(path);
const unused = Array.from({ length: 100 }, (_, i) => 3 + i);
const once = async (sketch: boolean) => {
  const started = performance.now();
  await readIndicators(library, gguf, { unused, seed: 1, sketch });
  return (performance.now() - started) / 1000;
};
await once(true);
const seconds = { plain: [] as number[], sketch: [] as number[] };
for (let run = 0; run < RUNS; run++) {
  seconds.plain.push(await once(false));
  seconds.sketch.push(await once(true));
}
const model = "random 32,000 x 4,096, Q4_K + Q6_K";
const memory = process.resourceUsage().maxRSS * 1024;
const megabytes = memory / 1e6;
printResults("indicators", [
  timed("indicators", model, seconds.plain, AIM_SECONDS),
  // The rows' random projection, which only an adaptive order needs.
  timed("indicators-with-sketch", model, seconds.sketch, AIM_SECONDS),
  {
    name: "peak-memory",
    model,
    value: megabytes,
    unit: "MB",
    baseline: AIM_BYTES / 1e6,
    ratio: AIM_BYTES / memory,
    runs: 1,
    min: megabytes,
    max: megabytes,
  },
]);
