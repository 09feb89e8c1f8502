/**
 * npm run soak:kill-resume [-- --kills 50 --seed N --model lab-dense --budget 960]
 *
 * Kills the built program at random moments, over as many runs as it takes, and checks after every kill and every
 * resume that what is stored is what an undisturbed run stores. Prints each kill; fails at the first difference.
 * test/e2e/kill-resume.test.ts does the same with 5 kills.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createRandom } from "../src/random.ts";
import { evidenceOf, mineUnderKills, start } from "../test/support/kill-resume.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    model: { type: "string", default: "lab-dense" },
    budget: { type: "string", default: "960" },
    threads: { type: "string", default: "0" },
  },
});
const wanted = Number(values.kills);
const seed = Number(values.seed);
if (!(wanted > 0) || !Number.isInteger(seed)) throw new Error("--kills and --seed take whole numbers");
console.log(`${wanted} kills, ${values.model}, budget ${values.budget}, seed ${seed}\n`);

const folder = mkdtempSync(join(tmpdir(), "assay-kill-resume-"));
const store = (run: number) => join(folder, `run-${run}.db`);
const env = { HOME: folder, PATH: process.env.PATH ?? "", ASSAY_THREADS: values.threads };
const program = {
  main: fileURLToPath(new URL("../dist/cli/main.js", import.meta.url)),
  cwd: folder,
  env: { ...env, ASSAY_STORE: store(0) },
};
const args = ["mine", values.model, "--budget", values.budget, "--seed", "3", "--progress", "json"];

try {
  const began = performance.now();
  const { status, stderr } = await start(program, args).ended;
  if (status !== 0) throw new Error(`the undisturbed run ended with ${status}:\n${stderr}`);
  const wholeMs = performance.now() - began;
  const whole = await evidenceOf(store(0));
  console.log(`undisturbed: ${whole.pages.length} pages in ${(wholeMs / 1000).toFixed(1)} s\n`);

  const random = createRandom(seed);
  let killed = 0;
  console.log(row("kill", "run", "moment", "after ms", "pages", "status"));
  for (let run = 1; killed < wanted; run++) {
    const left = wanted - killed;
    const kills = await mineUnderKills({
      program,
      args,
      path: store(run),
      random,
      kills: left,
      whole,
      wholeMs,
      onKill: ({ moment, afterMs, pages, status }) =>
        console.log(row(++killed, run, moment, afterMs.toFixed(1), pages, status)),
    });
    console.log(row("", run, `complete and equal after ${kills.length}`, "", whole.pages.length, "done"));
  }
  console.log(
    `\n${killed} kills, seed ${seed}: every page and every final document equals the undisturbed run's.`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function row(...cells: readonly (string | number)[]): string {
  const widths = [4, 4, 28, 10, 6, 12];
  return cells.map((cell, i) => String(cell).padStart(widths[i]!)).join(" ");
}
