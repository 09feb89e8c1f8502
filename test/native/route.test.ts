// The command line of routing on the bundled models: real tokenizers, real answers.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "assay-native-route-"));
afterAll(() => rmSync(folder, { recursive: true }));

const assay = (...args: string[]) =>
  execFileSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ASSAY_STORE: join(folder, "runs.db"), ASSAY_CACHE_DIR: join(folder, "cache") },
  });

it("explains a decision from tokenizers alone, a prompt beyond the context included", () => {
  const explain = (prompt: string) => {
    const file = join(folder, "request.json");
    writeFileSync(file, JSON.stringify({ messages: [{ role: "user", content: prompt }], max_tokens: 16 }));
    return ["--small", "lab-dense", "--large", "lab-moe", "--json"].concat("--file", file);
  };
  const easy = JSON.parse(assay("route", "explain", ...explain("Say hello.")));
  expect(easy.decision).toMatchObject({ model: "lab-dense", escalateTo: "lab-moe" });
  // The template adds tokens to those of the text.
  expect(easy.candidates[0].promptTokens).toBeGreaterThan(5);
  expect(() => assay("route", "explain", ...explain("word ".repeat(5_000)))).toThrow();
}, 60_000);

it("bench route asks both models, keeps their answers, and compares another policy on them without a model", () => {
  const [answers, report] = [join(folder, "answers.json"), join(folder, "route.html")];
  const bench = JSON.parse(assay("bench", "route", "--items", "2", "--save", answers, "--json"));
  expect(bench).toMatchObject({ schema: 1, kind: "bench-route", items: 10, policy: "balanced", errors: 0 });
  expect(bench.small.name).toBe("lab-dense");
  expect(bench.findings.length).toBeGreaterThan(0);
  const again = JSON.parse(
    assay("bench", "route", "--answers", answers, "--policy", "always-large", "--report", report, "--json"),
  );
  expect(again.answers).toEqual(bench.answers);
  const own = again.strategies.find(({ id }: { id: string }) => id === "always-large, score");
  expect(own.calls).toBe(1);
  expect(readFileSync(report, "utf8")).toContain("Routing between lab-dense and lab-moe");
}, 180_000);
