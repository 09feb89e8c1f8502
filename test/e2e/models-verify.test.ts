// `models verify` and `models repair` from outside: documents, exit statuses, what stays on the disk.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeGguf, writeSparseMixtral } from "../../src/testing/index.ts";
import { splitExperts } from "../support/split-experts.ts";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const LAB_MOE = "models/lab-moe.gguf";
const MEMORY = ["memory", "processor", "gpu", "disk"];
const FILE = ["header", "metadata", "tensors", "sizes", "shards", "tokenizer", "template", "layout"];

interface Check {
  id: string;
  status: string;
  message: string;
  hint?: string;
}

beforeAll(() => splitExperts({ input: LAB_MOE, output: join(folder, "legacy.gguf") }));
afterAll(remove);

async function verify(...args: string[]): Promise<{ status: number | null; ok: boolean; checks: Check[] }> {
  const { status, stdout } = await run(["models", "verify", ...args, "--json"]);
  const document = JSON.parse(stdout);
  expect(document.schema).toBe(1);
  expect(document.ok).toBe(status === 0);
  return { status, ok: document.ok, checks: document.checks };
}

describe("models verify", () => {
  it("of the bundled model is all well, also by its hash", async () => {
    const { status, checks } = await verify("lab-moe", "--hash");
    expect(status).toBe(0);
    expect(checks.map(({ id }) => id)).toEqual([...FILE, "scales", "hash", ...MEMORY]);
    expect(checks.find(({ id }) => id === "hash")?.message).toContain("as in the catalogue");
    expect(checks.find(({ id }) => id === "memory")?.message).toContain("by llama.cpp's own plan");
  });

  it("of a truncated file says how much is missing, exits 3, and still looks at the machine", async () => {
    writeFileSync(join(folder, "cut.gguf"), readFileSync(LAB_MOE).subarray(0, 9_000_000));
    const { status, checks } = await verify("cut.gguf");
    expect(status).toBe(3);
    expect(checks.map(({ id }) => id)).toEqual([...FILE.slice(0, 4), ...MEMORY.slice(1)]);
    expect(checks[3]).toMatchObject({
      status: "fail",
      message: expect.stringContaining("5395712 bytes are missing"),
    });
  });

  it("of a file of December 2023 names the command that repairs it, which does", async () => {
    const { status, stdout } = await run(["models", "verify", "legacy.gguf"]);
    expect(status).toBe(3);
    const [, command] = /(assay models repair \S+ --output \S+)/.exec(stdout) ?? [];
    const { status: repaired, stdout: told } = await run(command!.split(" ").slice(1));
    expect(repaired).toBe(0);
    expect(told).toMatch(/Proof: .*SHA-256/);
    expect(told).toMatch(/Load: loaded, 8 tokens decoded/);
    expect(readFileSync(join(folder, "legacy.repaired.gguf")).equals(readFileSync(LAB_MOE))).toBe(true);
    expect((await verify("legacy.repaired.gguf")).ok).toBe(true);
  });

  it("of a project lists its old settings by file and line", async () => {
    writeFileSync(
      join(folder, "settings.py"),
      '"""Model."""\nDEFAULT_MODEL_FILE = "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"\n',
    );
    const { checks, status } = await verify("lab-moe", "--project", ".");
    expect(status).toBe(0);
    const project = checks.at(-1);
    expect(project).toMatchObject({
      id: "project",
      status: "warn",
      message: expect.stringContaining("settings.py:2"),
    });
    expect(project?.hint).toContain("assay migrate");
  });

  it("of nothing that is there is an error with a document", async () => {
    const { status, stdout } = await run(["models", "verify", "none.gguf", "--json"]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe("MODEL_NOT_FOUND");
  });
});

describe("doctor MODEL", () => {
  it("runs the same checks", async () => {
    const { status, stdout } = await run(["doctor", "cut.gguf", "--json"]);
    expect(status).toBe(3);
    const fromDoctor = (JSON.parse(stdout).checks as Check[]).filter(({ id }) => FILE.includes(id));
    const { checks } = await verify("cut.gguf");
    expect(fromDoctor).toEqual(checks.filter(({ id }) => FILE.includes(id)));
  });
});

describe("models repair", () => {
  it("--dry-run plans Mixtral 8x7B and writes nothing", async () => {
    const path = await writeSparseMixtral({ path: join(folder, "mixtral.gguf"), layout: "legacy" });
    const before = readdirSync(folder);
    const { status, stdout } = await run(["models", "repair", path, "--dry-run", "--json"]);
    expect(status).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ schema: 1, kind: "repair-plan", needed: true, layers: 32, experts: 8 });
    expect(plan.tensors).toHaveLength(323);
    const last = plan.tensors.at(-1);
    expect(plan.bytes).toBe(last.offset + last.bytes);
    expect(plan.freeDisk).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual(before);
    const people = await run(["models", "repair", path, "--dry-run"]);
    expect(people.stdout).toMatch(/323 tensors of 995; \d+ bytes \(24\.6\d GiB\) to write, .* free in/);
  });

  it("leaves a file alone that needs none", async () => {
    const { status, stdout } = await run(["models", "repair", "lab-moe", "--output", "same.gguf"]);
    expect(status).toBe(0);
    expect(stdout).toContain("needs no repair");
    expect(readdirSync(folder)).not.toContain("same.gguf");
  });

  it("refuses a damaged file, an output that is missing, and the input as output", async () => {
    expect((await run(["models", "repair", "cut.gguf", "--output", "out.gguf"])).status).toBe(3);
    expect((await run(["models", "repair", "legacy.gguf"])).status).toBe(2);
    expect((await run(["models", "repair", "legacy.gguf", "--output", "./legacy.gguf"])).status).toBe(2);
  });

  it("gives a document with the hash of every expert, and skips the load when told", async () => {
    const args = ["models", "repair", "legacy.gguf", "--output", "unloaded.gguf", "--no-load", "--json"];
    const { stdout } = await run(args);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "repair", needed: true, load: "skipped: --no-load" });
    expect(document.proof).toHaveLength(127);
    expect(document.bytes).toBe(statSync(join(folder, "unloaded.gguf")).size);
  });

  it("stopped by Ctrl-C leaves nothing", async () => {
    const experts = [0, 1].map((e) => ({
      name: `blk.0.ffn_up.${e}.weight`,
      type: "F16" as const,
      shape: [16_384, 32_768],
      data: "hole" as const,
    }));
    await writeGguf({
      path: join(folder, "hollow.gguf"),
      metadata: [
        ["general.architecture", { type: "string", value: "llama" }],
        ["llama.expert_used_count", { type: "uint32", value: 2 }],
      ],
      tensors: experts,
    });
    const args = ["models", "repair", "hollow.gguf", "--output", "stopped.gguf", "--progress", "json"];
    const { status } = await run(args, { signalAfter: /"stage-progress"/ });
    expect(status).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith("stopped"))).toEqual([]);
  });
});
