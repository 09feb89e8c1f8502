/**
 * npm run bench:census [-- --json]
 *
 * The whole of `assay mine --all` on the bundled models as a user runs it, from the start of the process to the
 * written report, against the aim of 15 s on 2 cores.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BenchResult, printResults, timed } from "./report.ts";

const RUNS = 3;
const AIM_SECONDS = 15;
const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "assay-census-"));
const results: BenchResult[] = [];
const notes: string[] = [];
try {
  for (const model of ["lab-moe", "lab-dense"]) {
    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      const output = execFileSync(
        process.execPath,
        [
          program,
          "mine",
          model,
          "--all",
          "--json",
          "--quiet",
          "--store",
          join(folder, "store.db"),
          "--report",
          join(folder, "report.html"),
        ],
        { encoding: "utf8", maxBuffer: 2 ** 30 },
      );
      seconds.push((performance.now() - started) / 1000);
      if (run > 0) continue;
      const { counts, probes } = JSON.parse(output);
      notes.push(
        `${model}: ${counts.tested} of ${counts.vocabulary} tokens tested with ${probes} probes, ${counts.glitch} glitch tokens.`,
      );
    }
    results.push(timed("census", model, seconds, AIM_SECONDS));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printResults("census", results, notes);
