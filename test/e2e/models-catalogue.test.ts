/** `assay models list|show|add|use` as a user runs them, with a configuration and a catalogue of their own. */

import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSourceFolder, writeSparseMixtral } from "../../src/testing/index.ts";
import { sandbox } from "./run.ts";

const LAB = fileURLToPath(new URL("../../models/lab-dense.gguf", import.meta.url));
const { folder, run, remove } = sandbox();
const own = join(folder, ".config/assay/assay.config.json");
const catalogue = join(folder, ".config/assay/assay.catalogue.json");
const copy = join(folder, "copy.gguf");
beforeAll(async () => {
  copyFileSync(LAB, copy);
  await writeSparseMixtral({ path: join(folder, "old.gguf"), layout: "legacy" });
  await writeSourceFolder({ folder: join(folder, "source") });
});
afterAll(remove);

async function json(...args: string[]) {
  const { status, stdout } = await run(["models", ...args, "--json"]);
  return { status, document: JSON.parse(stdout) };
}

async function refusal(...args: string[]) {
  const { status, document } = await json(...args);
  return { status, ...document.error };
}

describe("models list", () => {
  it("says of each model what it needs and whether it fits and is here", async () => {
    const { status, document } = await json("list");
    expect({ status, kind: document.kind, schema: document.schema }).toEqual({
      status: 0,
      kind: "models",
      schema: 1,
    });
    const byName = new Map(document.models.map((model: { name: string }) => [model.name, model]));
    expect(byName.get("lab-moe")).toMatchObject({ origin: "bundled", isDefault: true });
    expect(byName.get("mixtral-8x7b-instruct-q4_k_m")).toMatchObject({
      repo: "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF",
      aliases: ["mixtral-8x7b-instruct", "local-mixtral-8x7b-instruct"],
      sizeBytes: 28_448_468_384,
      memory: { context: 4_096, kvCache: 512 * 2 ** 20 },
      installed: null,
      instances: { cpu: expect.arrayContaining([expect.objectContaining({ name: "r7i.xlarge" })]) },
    });
    expect(byName.get("mixtral-8x7b-instruct-2023-q8_0")).toMatchObject({ needsRepair: true });
  });

  it("shows files of the models folder that no catalogue has, and leaves damaged ones out with a word", async () => {
    const models = join(folder, "models/llm_models");
    mkdirSync(models, { recursive: true });
    copyFileSync(LAB, join(models, "found.gguf"));
    copyFileSync(LAB, join(models, "tinyllama-1.1b-chat-v1.0.Q8_0.gguf"));
    writeFileSync(join(models, "half\u001b[2J.gguf"), "GGUF");
    const { stdout, stderr } = await run(["models", "list", "--installed"]);
    expect(stdout).toMatch(/^found +Q8_0/m);
    expect(stdout).toMatch(/^tinyllama-1\.1b-chat-q8_0 .* yes /m);
    expect(stdout).not.toMatch(/^mixtral/m);
    expect(stderr).toMatch(/Left out: .*half\\x1b\[2J\.gguf is damaged/);
    expect(stdout + stderr).not.toContain("\u001b[2J");
    rmSync(models, { recursive: true });
  });
});

describe("models show", () => {
  it.each([
    ["lab-moe", { quantisation: "Q8_0", shape: { experts: 8, vocabulary: 12_288 } }],
    ["copy.gguf", { path: copy, template: { name: "own" }, shape: { experts: 0 } }],
    ["old.gguf", { needsRepair: true, sizeBytes: statSize("old.gguf"), template: { name: "own" } }],
    ["mixtral-8x7b-instruct", { licence: "Apache-2.0", published: "2023-12-11", types: [] }],
    ["source", { shape: { architecture: "llama" } }],
  ])("%s", async (model, expected) => {
    const { status, document } = await json("show", model);
    expect(status).toBe(0);
    const { sizeBytes, template, ...rest } = expected as Record<string, unknown>;
    expect(document).toMatchObject({ schema: 1, kind: "model-card", ...rest });
    expect(document.template.reason.length).toBeGreaterThan(10);
    if (typeof sizeBytes === "function") expect(document.sizeBytes).toBe(sizeBytes());
  });

  it("prints the share of each tensor type and memory by context", async () => {
    const { stdout } = await run(["models", "show", "lab-moe"]);
    expect(stdout).toMatch(/^Q8_0 +30 +13\.4 MiB +99\.7 % +8\.50$/m);
    expect(stdout).toMatch(/^Q4_K_M +~ /m);
    expect(stdout).toMatch(/^template +own: /m);
  });

  it.each([
    ["lab-mo", "Did you mean lab-moe?"],
    ["local-mixtral-8x7b-instrct", "Did you mean local-mixtral-8x7b-instruct?"],
  ])("%s is not known", async (model, hint) => {
    expect(await refusal("show", model)).toMatchObject({ status: 3, code: "MODEL_NOT_FOUND", hint });
  });
});

describe("models add", () => {
  it("gives a file a name that every command takes, and forgets it again", async () => {
    const { document } = await json("add", "mine", "--file", "copy.gguf", "--licence", "MIT");
    expect(document).toMatchObject({ kind: "models-add", file: catalogue, entry: { localPath: copy } });
    expect((await run(["token", "fox", "-m", "mine"])).status).toBe(0);
    expect(await refusal("add", "mine", "--file", "copy.gguf")).toMatchObject({
      status: 2,
      hint: expect.stringContaining("--remove mine"),
    });
    expect((await json("add", "--remove", "mine")).document).toMatchObject({ kind: "models-remove" });
    expect(await refusal("add", "--remove", "mine")).toMatchObject({ status: 2, code: "USAGE" });
    expect((await run(["token", "fox", "-m", "mine"])).status).toBe(3);
  });

  it.each([
    [["lab-moe", "--file", "copy.gguf"], 2, "USAGE"],
    [["local-tinyllama-1.1b-chat", "--file", "copy.gguf"], 2, "USAGE"],
    [["Mine", "--file", "copy.gguf"], 2, "USAGE"],
    [["a\u001b[2J", "--file", "copy.gguf"], 2, "USAGE"],
    [["x"], 2, "USAGE"],
    [["x", "--file", "copy.gguf", "--url", "https://host/x.gguf"], 2, "USAGE"],
    [["x", "--repo", "a/b"], 2, "USAGE"],
    [["x", "--url", "copy.gguf"], 2, "USAGE"],
    [["x", "--url", "https://host/x.sh"], 2, "USAGE"],
    [["x", "--repo", "a/b", "--path", "../x.gguf"], 2, "USAGE"],
    [["x", "--url", "https://host/x.gguf", "--sha256", "12"], 2, "USAGE"],
    [["x", "--file", "none.gguf"], 3, "MODEL_NOT_FOUND"],
    [["x", "--file", "source/config.json"], 3, "MODEL_INVALID"],
    [[], 2, "USAGE"],
  ])("refuses %j", async (args, status, code) => {
    expect(await refusal("add", ...args)).toMatchObject({ status, code });
  });

  it("a damaged catalogue is an error with a hint, and stops nothing that needs none", async () => {
    mkdirSync(join(folder, ".config/assay"), { recursive: true });
    writeFileSync(catalogue, '{"schema": 1, "entries": [{"name": "x"}]}');
    expect(await refusal("list")).toMatchObject({
      status: 2,
      code: "CONFIG",
      hint: expect.stringContaining("Mend it"),
    });
    expect((await run(["token", "fox", "-m", "lab-dense"])).status).toBe(0);
    rmSync(catalogue);
  });
});

describe("models use", () => {
  it("makes the user's configuration, which config show and every command then follow", async () => {
    const { document } = await json("use", "lab-dense");
    expect(document).toEqual({
      ...{ schema: 1, kind: "models-use", file: own, previous: null, model: "lab-dense", overriddenBy: null },
    });
    expect(readFileSync(own, "utf8")).toBe('{\n  "model": "lab-dense"\n}\n');
    const shown = await run(["config", "show", "--origin", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      values: { model: "lab-dense" },
      origins: { model: { source: "file", name: own } },
    });
    const { document: card } = await json("show");
    expect(card.name).toBe("lab-dense");
  });

  it("changes one setting of the file in force and keeps the rest, link and all", async () => {
    const real = join(folder, "settings.json");
    const text = '{\n\t"seed": 7,\n\t"model": "lab-moe"  , "gpu": "off" }\n';
    writeFileSync(real, text);
    symlinkSync(real, join(folder, "assay.config.json"));
    const { stdout } = await run(["models", "use", "copy.gguf"]);
    expect(stdout).toContain(`model lab-moe -> ${copy}`);
    expect(readFileSync(real, "utf8")).toBe(text.replace("lab-moe", copy));
    expect(readFileSync(own, "utf8")).toContain("lab-dense");
    const { stderr } = await run(["models", "use", "lab-moe"], { env: { ASSAY_MODEL: "lab-dense" } });
    expect(stderr).toContain("ASSAY_MODEL is set and wins");
    rmSync(join(folder, "assay.config.json"));
  });

  it.each([
    ["lab-dens", "MODEL_NOT_FOUND", "Did you mean lab-dense?"],
    ["local-mixtral-8x7b-instruct", "MODEL_NOT_FOUND", "npx assay models pull mixtral-8x7b-instruct-q4_k_m"],
    ["old.gguf", "MODEL_INVALID", expect.stringContaining("models repair")],
    [".", "MODEL_NOT_FOUND", expect.any(String)],
    ["source/config.json", "MODEL_INVALID", expect.any(String)],
  ])("refuses %s and leaves the file alone", async (model, code, hint) => {
    const before = readFileSync(own, "utf8");
    expect(await refusal("use", model)).toMatchObject({ status: 3, code, hint });
    expect(readFileSync(own, "utf8")).toBe(before);
  });
});

/** Asked later: the file is written before the tests run, but after they are listed. */
function statSize(name: string): () => number {
  return () => statSync(join(folder, name)).size;
}
