// What users install: the packed file, put into an empty project, with its doors and its two program names.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8" });

describe("the package", () => {
  let files: string[] = [];
  beforeAll(() => {
    const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", folder)) as {
      filename: string;
      files: { path: string }[];
    }[];
    files = packed!.files.map(({ path }) => path);
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    npm(folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, packed!.filename));
  }, 180_000);

  it("holds the program, the bundled models and their truth, and no workshop", () => {
    for (const wanted of [
      "dist/cli/main.js",
      "dist/index.d.ts",
      "models/lab-moe.gguf",
      "models/lab-dense.truth.json",
    ])
      expect(files).toContain(wanted);
    expect(files.filter((path) => /^(lab|src|test|bench)\/|lab-moe-hf|\.test\./.test(path))).toEqual([]);
  });

  it("opens its doors", () => {
    const script = `
      import { openLocalModel, createScriptedModel } from "assay";
      import { writeRandomModel } from "assay/testing";
      console.log([openLocalModel, createScriptedModel, writeRandomModel].map((it) => typeof it).join());`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(output.trim()).toBe("function,function,function");
  });

  it("answers to both names and runs the bundled model", () => {
    const bin = (name: string, ...args: string[]) =>
      execFileSync(join(folder, "node_modules/.bin", name), args, {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, HOME: folder, ASSAY_STORE: join(folder, "runs.db") },
      });
    expect(bin("assay", "--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(bin("glitcher", "--help")).toContain("glitcher");
    const { forms } = JSON.parse(
      bin("assay", "predict", "The quick brown", "--expect", "fox", "--json", "--quiet"),
    );
    expect(forms[0].top[0].text).toBe("▁fox");
  });
});
