// The suite as a process: rows as they come, one document, exit status, a model that does not open.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

interface Row {
  id: string;
  status: string;
  message: string;
  hint?: string;
  seconds: number;
  figures?: Record<string, number | string | boolean>;
}

const rowOf = (stdout: string, id: string): Row =>
  JSON.parse(stdout).checks.find((row: Row) => row.id === id);

describe("integration", () => {
  it("passes on the bundled model, memory included", async () => {
    const { status, stdout, stderr } = await run(["integration", "lab-moe", "--json", "--seed", "3"]);
    expect(status, stdout + stderr).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "integration", ok: true, seed: 3, firstSeed: 3 });
    expect(document.model).toMatchObject({ name: "lab-moe", quantisation: "Q8_0" });
    const ids: string[] = document.checks.map(({ id }: Row) => id);
    expect(ids[0]).toBe("load");
    expect(ids.at(-1)).toBe("memory");
    for (const row of document.checks as Row[]) {
      expect(row.status, `${row.id}: ${row.message}`).toBe("ok");
      expect(Object.keys(row.figures ?? {}), row.id).not.toEqual([]);
    }
    const memory = rowOf(stdout, "memory").figures!;
    expect(memory.peakBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(memory.source).toBe("llama.cpp");
  });

  it("holds known verdicts against new probes", async () => {
    const mined = await run(["mine", "lab-moe", "--budget", "100", "--json"]);
    expect(mined.status, mined.stderr).toBe(0);
    const only = ["--only", "glitch-tokens", "--json"];
    const { status, stdout } = await run(["integration", "lab-moe", ...only]);
    expect(status).toBe(0);
    const row = rowOf(stdout, "glitch-tokens");
    expect(row.figures).toMatchObject({ source: JSON.parse(mined.stdout).run, glitch: 4 });
    expect(row.status, row.message).toBe("ok");
  });

  it("prints a row a line and takes a choice of checks in its own order", async () => {
    const { status, stdout } = await run(["integration", "lab-dense", "--only", "context,template"]);
    expect(status).toBe(0);
    const [head, template, context] = stdout.split("\n");
    expect(head).toMatch(/^integration lab-dense Q8_0 \([0-9a-f]{12}\), seed 0$/);
    expect(template).toMatch(/^ok {4}template +\d+\.\d s {2}The file's own: two turns are \d+ tokens/);
    expect(context).toMatch(/^ok {4}context /);
    expect(stdout).toMatch(/2 checks in .* s: 2 ok, 0 to look at, 0 failed\.\n$/);
  });

  it("lists its checks without a model, and suggests where one is misspelt", async () => {
    const list = await run(["integration", "--list", "--json"]);
    const { kind, checks } = JSON.parse(list.stdout);
    expect(kind).toBe("integration-list");
    expect(checks.length).toBeGreaterThanOrEqual(13);
    const wrong = await run(["integration", "no-such-model", "--only", "memmory"]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("Did you mean memory?");
  });

  it("fails with 3 on a model that does not open, with its reason and next step", async () => {
    const whole = readFileSync(fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url)));
    const path = join(folder, "cut.gguf");
    writeFileSync(path, whole.subarray(0, whole.length - 4_096));
    const { status, stdout } = await run(["integration", path, "--json"]);
    expect(status).toBe(3);
    const document = JSON.parse(stdout);
    const finding = document.error ?? document.checks[0];
    expect(finding.message).toContain("cut.gguf");
    expect(finding.hint).toBeTruthy();
    const missing = await run(["integration", "no-such-model", "--json"]);
    expect(missing.status).toBe(3);
    expect(JSON.parse(missing.stdout).error.code).toBe("MODEL_NOT_FOUND");
  });

  it("stops at Ctrl-C with 130 and leaves the rows that were known", async () => {
    const flags = ["--progress", "json"];
    const { status, stdout } = await run(["validate", "lab-moe", ...flags], { signalAfter: /"stage-end"/ });
    expect(status).toBe(130);
    expect(stdout).not.toContain("checks in");
  });
});

describe("validate", () => {
  it("derives its seed, says so, and draws what integration did not", async () => {
    const call = ["--only", "json,raw-prediction", "--seed", "5"];
    const first = await run(["integration", "lab-moe", ...call]);
    const second = await run(["validate", "lab-moe", ...call]);
    expect([first.status, second.status]).toEqual([0, 0]);
    expect(second.stdout).toMatch(/^validate lab-moe .* seed \d+, derived from 5\n/);
    expect(first.stdout).toMatch(/ 6 expected words/);
    expect(second.stdout).toMatch(/ 18 expected words/);
  });
});
