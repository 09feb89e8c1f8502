/**
 * npm run bench:repair [-- --json] [-- --gib N]
 *
 * How fast a file with split experts is repaired, against a plain copy of the same file on the same disk. A repair
 * reads, hashes, writes, reads back, hashes again and waits until the disk has it. Two baselines, therefore: `cp`
 * followed by `sync` of the copy, which ends in the same state, and `cp` alone, which leaves the writing for later.
 *
 * Each twice: with the source on the disk, as a file of 26 GB is on most machines, and with the source in the page
 * cache, where a copy costs no more than memory and two hashes cost most. All in turns, so that a disk whose speed
 * drifts favours nobody.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GGML_TYPES, repairModel } from "../src/models/index.ts";
import { createRandom } from "../src/random.ts";
import { writeGguf } from "../src/testing/index.ts";
import { type BenchResult, printResults, spread } from "./report.ts";

const TURNS = 5;
const EXPERTS = 8;
/** Of Mixtral 8x7B: one expert's matrix in Q4_K is 33 MB. */
const [COLUMNS, ROWS] = [4_096, 14_336];
const EXPERT_BYTES = (COLUMNS / 256) * GGML_TYPES.Q4_K.blockBytes * ROWS;

const given = process.argv.indexOf("--gib");
const gib = given > 0 ? Number(process.argv[given + 1]) : 2;
const layers = Math.max(1, Math.round((gib * 2 ** 30) / (3 * EXPERTS * EXPERT_BYTES)));

const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "assay-bench-repair-"));
const source = join(folder, "legacy.gguf");
const output = join(folder, "output.gguf");
try {
  const bytes = await writeLegacy();
  await repairModel({ input: source, output }); // the first run warms up
  const times = () => ({ repair: [] as number[], copy: [] as number[], durable: [] as number[] });
  const places = { disk: times(), memory: times() };
  const put = { disk: dropFromCache, memory: readIntoCache };
  let most = 0;
  for (let turn = 0; turn < TURNS; turn++)
    for (const place of ["disk", "memory"] as const) {
      const seconds = places[place];
      rmSync(output, { force: true });
      put[place]();
      const started = performance.now();
      execFileSync("cp", [source, output]);
      seconds.copy.push(since(started));
      execFileSync("sync", [output]);
      seconds.durable.push(since(started));
      rmSync(output);
      put[place]();
      const begun = performance.now();
      const watch = () => (most = Math.max(most, process.memoryUsage().rss));
      await repairModel({ input: source, output, onProgress: watch });
      seconds.repair.push(since(begun));
    }
  const rates = (list: readonly number[]) => list.map((it) => bytes / 1e6 / it);
  const model = `${layers} layers of Mixtral's experts, ${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const against = (place: keyof typeof places, name: string, kind: "copy" | "durable"): BenchResult => {
    const seconds = places[place];
    const repair = spread(rates(seconds.repair));
    return {
      name: `source ${place === "disk" ? "on disk" : "in memory"}, against ${name}`,
      model,
      value: repair.median,
      unit: "MB/s",
      baseline: spread(rates(seconds[kind])).median,
      ratio: spread(seconds.repair.map((it, turn) => seconds[kind][turn]! / it)).median,
      runs: TURNS,
      min: repair.min,
      max: repair.max,
    };
  };
  printResults(
    "repair",
    (["disk", "memory"] as const).flatMap((place) => [
      against(place, "cp and sync", "durable"),
      against(place, "cp", "copy"),
    ]),
    [
      "Every byte is hashed twice, SHA-256, at source and target: with two cores that is what takes the time.",
      `Memory: ${(most / 1e6).toFixed(0)} MB at most.`,
    ],
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function since(started: number): number {
  return (performance.now() - started) / 1_000;
}

/** A file of noise: nothing in the system may see that two pages are the same. */
async function writeLegacy(): Promise<number> {
  const random = createRandom(1);
  const chunk = new Uint32Array(2 ** 18);
  const noise = function* () {
    for (let done = 0; done < EXPERT_BYTES; done += chunk.byteLength) {
      const salt = random() * 2 ** 32;
      for (let at = 0; at < chunk.length; at++) chunk[at] = Math.imul(at + salt, 0x9e37_79b1);
      yield new Uint8Array(chunk.buffer, 0, Math.min(chunk.byteLength, EXPERT_BYTES - done));
    }
  };
  return writeGguf({
    path: source,
    metadata: [
      ["general.architecture", { type: "string", value: "llama" }],
      ["llama.expert_count", { type: "uint32", value: EXPERTS }],
      ["llama.expert_used_count", { type: "uint32", value: 2 }],
    ],
    tensors: Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
      ["gate", "up", "down"].flatMap((matrix) =>
        Array.from({ length: EXPERTS }, (_, expert) => ({
          name: `blk.${layer}.ffn_${matrix}.${expert}.weight`,
          type: "Q4_K" as const,
          shape: matrix === "down" ? [ROWS, COLUMNS] : [COLUMNS, ROWS],
          data: noise,
        })),
      ),
    ),
  });
}

/** Reads the source once, so that it comes from memory from now on. */
function readIntoCache(): void {
  execFileSync("cp", [source, "/dev/null"]);
}

/** GNU dd, asked for nothing without the cache, lets go of what the cache has of a file. */
function dropFromCache(): void {
  execFileSync("dd", [`if=${source}`, "of=/dev/null", "iflag=nocache", "count=0", "status=none"]);
}
