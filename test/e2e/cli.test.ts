import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { MAIN, sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

/** Prints, at the end, the shared objects that the process has mapped. */
const REPORT_NATIVE = `data:text/javascript,${encodeURIComponent(`
  process.on("exit", () => {
    const { sharedObjects } = process.report.getReport();
    process.stderr.write("NATIVE " + JSON.stringify(sharedObjects.filter((it) => it.includes("node_modules"))));
  });`)}`;

async function nativeCode(...args: string[]): Promise<string[]> {
  const { stderr } = await run(args, { nodeArgs: ["--import", REPORT_NATIVE] });
  return JSON.parse(stderr.slice(stderr.indexOf("NATIVE ") + "NATIVE ".length));
}

describe("the program", () => {
  it("shows three examples when it is called alone", async () => {
    const { status, stdout, stderr } = await run([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/npx assay \w+/g)).toContain("npx assay demo");
  });

  it("prints help and version without loading native code", async () => {
    const { status, stdout } = await run(["--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Glitch tokens:");
    expect(await nativeCode("--help")).toEqual([]);
    expect(await nativeCode("mine", "--help")).toEqual([]);
    expect(await nativeCode("--version")).toEqual([]);
    // The probe itself works: a command that uses the store does load something.
    expect((await nativeCode("runs", "list")).length).toBeGreaterThan(0);
  });

  // npx sets the bit when it first sees a program; a build after that must not take it away again.
  it.skipIf(process.platform === "win32")("may be executed as the build leaves it", () => {
    expect(statSync(MAIN).mode & 0o111).toBe(0o111);
  });

  it("answers to the name glitcher", async () => {
    const link = join(folder, "glitcher");
    symlinkSync(MAIN, link);
    const { stdout } = await run(["--help"], { main: link });
    expect(stdout).toContain("Usage: glitcher");
  });

  it("is quiet when its reader goes away", async () => {
    const { status, stderr } = await run(["mine", "--help"], { closeStdout: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("usage errors", () => {
  it.each([
    [["mine", "--num-iteratons", "3"], "--num-iterations"],
    [["runz"], "runs"],
    [["config", "shw"], "show"],
  ])("%j exits 2 and suggests %s", async (args, suggestion) => {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .+\nhint: .+\n$/);
    expect(stderr).toContain(suggestion);
  });

  it.each([
    [["mine", "--budget", "lots"]],
    [["mine", "--budget", "5%", "--all"]],
    [["mine", "--num-attempts", "0"]],
    [["mine", "--method", "magic"]],
    [["mine", "--mode", "range"]],
    [["mine", "--output", "no/such/folder/x.json"]],
    [["mine", "a", "b"]],
    [["mine", "a.gguf", "--model", "b.gguf"]],
    [["ask"]],
    [["ask", "--n", "2", "hello"]],
    [["ask", "--grammar", "a", "--json-schema", "b", "hello"]],
    [["ask", "--temperature", "warm", "hello"]],
    [["predict"]],
    [["runs", "list", "--status", "fine"]],
    [["runs", "show", "mine-2020"]],
    [["config", "show", "--threads", "-1"]],
  ])("%j exits 2 in one line", async (args) => {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .+\n(hint: .+\n)?$/);
  });

  it("are one JSON document on stdout with --json", async () => {
    const { status, stdout, stderr } = await run(["mine", "--budget", "lots", "--json"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { code: "USAGE", hint: expect.any(String) },
    });
  });
});

describe("models that are none", () => {
  it.each([
    ["missing.gguf", undefined, "MODEL_NOT_FOUND"],
    ["text.gguf", "not a model", "MODEL_INVALID"],
    ["empty.gguf", "", "MODEL_INVALID"],
    ["short.gguf", "GGUF\u0003\0\0\0", "MODEL_INVALID"],
  ])("%s exits 3", async (name, content, code) => {
    if (content !== undefined) writeFileSync(join(folder, name), content);
    const { status, stdout } = await run(["predict", join(folder, name), "x", "--json"]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe(code);
  });

  it("a folder without a model exits 3", async () => {
    mkdirSync(join(folder, "empty"));
    const { status, stderr } = await run(["predict", join(folder, "empty"), "x"]);
    expect(status).toBe(3);
    expect(stderr).not.toContain("    at ");
  });
});

describe("config show", () => {
  it("tells where each value came from", async () => {
    writeFileSync(join(folder, "assay.config.json"), '{"threads": 3, "seed": 1}');
    const { stdout } = await run(["config", "show", "--origin", "--json", "--log-level", "warn"], {
      env: { ASSAY_SEED: "2" },
    });
    const { values, origins } = JSON.parse(stdout);
    expect(values).toMatchObject({ threads: 3, seed: 2, logLevel: "warn", batch: 512 });
    expect(origins).toMatchObject({
      threads: { source: "file" },
      seed: { source: "environment", name: "ASSAY_SEED" },
      logLevel: { source: "flag", name: "--log-level" },
      batch: { source: "default" },
    });
  });

  it("refuses a misspelt variable", async () => {
    const { status, stderr } = await run(["config", "show"], { env: { ASSAY_THRAEDS: "2" } });
    expect(status).toBe(2);
    expect(stderr).toContain("Did you mean ASSAY_THREADS?");
  });
});

describe("runs", () => {
  const path = join(folder, "kept.db");
  const store = ["--store", path];

  async function withRun() {
    const open = await openStore({ path });
    const model = { name: "m", path: "m.gguf", fingerprint: "f", quantisation: "Q8_0" };
    const writer = await open.createRun({ kind: "mine", model, settings: { seed: 1 } });
    await writer.savePage({ index: 0, rows: [{ key: "token:1", data: { id: 1 } }], seconds: 1 });
    return { open, writer, id: writer.run.id };
  }

  it("lists, shows, exports, removes and takes in", async () => {
    const { open, writer, id } = await withRun();
    await writer.finish("done", { seconds: 0, summary: { tested: 1 }, document: { kind: "mine" } });
    await writer.close();
    await open.close();
    const list = await run(["runs", "list", ...store]);
    expect(list.stdout).toMatch(new RegExp(`${id} +done +m +1 +1.0 s +tested 1`));
    const shown = JSON.parse((await run(["runs", "show", "last", "--json", ...store])).stdout);
    expect(shown).toMatchObject({ schema: 1, run: { id }, document: { kind: "mine" } });
    const file = join(folder, "run.json");
    expect((await run(["runs", "export", id, "--output", file, ...store])).status).toBe(0);
    expect((await run(["runs", "import", file, ...store])).status).toBe(2);
    expect((await run(["runs", "rm", id, ...store])).status).toBe(0);
    expect((await run(["runs", "show", id, ...store])).status).toBe(2);
    expect((await run(["runs", "import", file, ...store])).status).toBe(0);
    expect(JSON.parse((await run(["runs", "list", "--json", ...store])).stdout).runs).toHaveLength(1);
  });

  it("are not removed under their writer, who is named", async () => {
    const { open, writer, id } = await withRun();
    const { status, stderr } = await run(["runs", "rm", id, ...store]);
    expect(status).toBe(1);
    expect(stderr).toContain(`process ${process.pid}`);
    await writer.close();
    await open.close();
  });

  it.each([
    ["text", "this is not a database. ".repeat(99)],
    ["a folder", undefined],
  ])("say in one line that the store is %s", async (name, content) => {
    const broken = join(folder, `broken-${name}`);
    if (content === undefined) mkdirSync(broken);
    else writeFileSync(broken, content);
    const { status, stderr } = await run(["runs", "list", "--store", broken]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: The store .+\nhint: .+\n$/);
  });

  it.skipIf(process.getuid?.() === 0)("say in one line that the store may not be written", async () => {
    const locked = join(folder, "locked");
    mkdirSync(locked, { mode: 0o500 });
    const { status, stderr } = await run(["runs", "list", "--store", join(locked, "runs.db")]);
    chmodSync(locked, 0o700);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: The store .+\nhint: .+\n$/);
  });
});
