/**
 * npm run soak [-- --minutes 10 --clients 32 --seed N --json]
 *
 * Clients of every kind on one server with two models, for minutes: they chat, stream, call tools, leave, send garbage
 * and read slowly, while the models' processes are killed twice. Every greedy reply is checked against the one that was
 * computed alone before, so one that is lost or somebody else's shows. Then: nothing may be held any more, no memory may
 * grow, no error be in the log, and the server has to end in order. Exit status 1 if anything was wrong.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runSoak, type SoakResult } from "../test/support/soak/run-soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "32" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
    /** The sources through tsx in place of what was built. */
    source: { type: "boolean", default: false },
  },
});
const [minutes, clients, seed] = [values.minutes, values.clients, values.seed].map(Number);
if (!(minutes! > 0) || !(clients! >= 1) || !Number.isInteger(clients) || !Number.isInteger(seed))
  throw new Error("--minutes takes a number, --clients and --seed whole ones");

const note = (line: string) => void process.stderr.write(`${line}\n`);
note(`${clients} clients for ${minutes} minutes, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), "assay-soak-"));
try {
  const program = values.source ? "../src/cli/main.ts" : "../dist/cli/main.js";
  const result = await runSoak({
    ...{
      seconds: 60 * minutes!,
      clients: clients!,
      seed: seed!,
      models: ["lab-moe", "lab-dense"],
      folder,
      note,
    },
    main: fileURLToPath(new URL(program, import.meta.url)),
    execArgv: values.source ? process.execArgv : [],
  });
  print(result);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function print(result: SoakResult): void {
  const ok = result.violations.length === 0;
  if (values.json) {
    console.log(JSON.stringify({ schema: 1, kind: "soak", ok, ...result }));
    return;
  }
  console.log(row("class", "requests", "as expected", "lost to kills", "wrong", "p50 s", "p95 s"));
  for (const one of result.classes)
    console.log(
      row(
        one.class,
        one.requests,
        one.asExpected,
        one.lostToKills,
        one.wrong,
        one.p50.toFixed(2),
        one.p95.toFixed(2),
      ),
    );
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  for (const { process: name, slope, bytes } of result.memory)
    console.log(
      `memory of ${name}: ${mib(bytes)} MiB, ${slope ? `${mib(slope.perMinute)} MiB a minute [${mib(slope.low)}, ${mib(slope.high)}]` : "too short a run for a slope"}`,
    );
  for (const violation of result.violations) console.log(`wrong: ${violation}`);
  const requests = result.classes.reduce((sum, one) => sum + one.requests, 0);
  console.log(
    `${ok ? "passed" : "FAILED"}: ${requests} requests, ${result.kills.length} kills, ${result.violations.length} violations, seed ${result.seed}`,
  );
}

function row(...cells: readonly (string | number)[]): string {
  const widths = [24, 9, 12, 14, 6, 7, 7];
  return cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
    .join(" ");
}
