import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  apiKey,
  CONFIG_KEYS,
  environmentWithoutSecrets,
  hubToken,
  loadConfig,
  redact,
  variableOf,
} from "./config.ts";

let cwd: string;
let home: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "assay-cwd-"));
  home = mkdtempSync(join(tmpdir(), "assay-home-"));
});
afterEach(() => {
  for (const folder of [cwd, home]) rmSync(folder, { recursive: true, force: true });
});
const load = (env: NodeJS.ProcessEnv = {}, flags = {}) => loadConfig({ cwd, home, env, flags });
const inWorkingFolder = (content: unknown) =>
  writeFileSync(
    join(cwd, "assay.config.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  );

describe("loadConfig", () => {
  it("knows a default for every setting", () => {
    const { values, origins } = load();
    expect(Object.keys(values).sort()).toEqual([...CONFIG_KEYS].sort());
    expect(values.store).toBe(join(home, ".local/share/assay/assay.db"));
    expect(Object.values(origins).every((it) => it.source === "default")).toBe(true);
  });

  it("lets flags win over the environment, that over the file, that over defaults", () => {
    inWorkingFolder({ threads: 1, seed: 1, context: 128 });
    const { values, origins } = load({ ASSAY_THREADS: "2", ASSAY_SEED: "2" }, { seed: 3, gpu: undefined });
    expect(values).toMatchObject({ context: 128, threads: 2, seed: 3, batch: 512, gpu: "auto" });
    expect(origins).toMatchObject({
      context: { source: "file", name: join(cwd, "assay.config.json") },
      threads: { source: "environment", name: "ASSAY_THREADS" },
      seed: { source: "flag", name: "--seed" },
      batch: { source: "default" },
    });
  });

  it("takes the user's file where the working folder has none, and the named one before both", () => {
    const folder = join(home, "xdg", "assay");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "assay.config.json"), '{"seed": 5, "store": "runs.db", "modelsDir": "~/m"}');
    const env = { XDG_CONFIG_HOME: join(home, "xdg"), XDG_CACHE_HOME: "relative/is/ignored" };
    expect(load(env).values).toMatchObject({
      seed: 5,
      store: join(folder, "runs.db"),
      modelsDir: join(home, "m"),
      cacheDir: join(home, ".cache", "assay"),
    });
    inWorkingFolder({ seed: 6 });
    expect(load(env).values.seed).toBe(6);
    writeFileSync(join(cwd, "mine.json"), '{"seed": 7}');
    expect(load({ ...env, ASSAY_CONFIG: "mine.json" }).values.seed).toBe(7);
  });

  it("refuses what it does not know, with the nearest name", () => {
    inWorkingFolder({ thraeds: 1 });
    expect(() => load()).toThrow(expect.objectContaining({ code: "CONFIG", hint: "Did you mean threads?" }));
    rmSync(join(cwd, "assay.config.json"));
    expect(() => load({ ASSAY_THREDS: "1" })).toThrow(
      expect.objectContaining({ code: "CONFIG", hint: "Did you mean ASSAY_THREADS?" }),
    );
  });

  it.each(["{", "[]", "7", '{"threads": "two"}', '{"threads": 1.5}', '{"gpu": "rocm"}', '{"store": ""}'])(
    "refuses the file %s",
    (content) => {
      inWorkingFolder(content);
      expect(() => load()).toThrow(expect.objectContaining({ code: "CONFIG" }));
    },
  );

  it.each([
    ["ASSAY_THREADS", "two"],
    ["ASSAY_THREADS", "0x10"],
    ["ASSAY_THREADS", " 1"],
    ["ASSAY_SEED", "-1"],
    ["ASSAY_CONTEXT", "1e9"],
    ["ASSAY_LOG_LEVEL", "loud"],
  ])("refuses %s=%s", (name, value) => {
    expect(() => load({ [name]: value })).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(name) }),
    );
  });

  it("takes an empty variable as not set, and a model that looks like a number as a name", () => {
    expect(load({ ASSAY_THREADS: "", ASSAY_MODEL: "7" }).values).toMatchObject({ threads: 0, model: "7" });
  });

  it("reads placement from text as from JSON: auto, numbers, yes and no, shares", () => {
    const env = { ASSAY_THREADS: "auto", ASSAY_BATCH: "auto", ASSAY_GPU_LAYERS: "20", ASSAY_MMAP: "false" };
    const placed = { threads: 0, batch: 0, gpuLayers: 20, mmap: false };
    expect(load({ ...env, ASSAY_TENSOR_SPLIT: "3,1.5" }).values).toMatchObject({
      ...placed,
      tensorSplit: "3,1.5",
    });
    expect(load({ ASSAY_TENSOR_SPLIT: "3" }).values.tensorSplit).toBe("3");
    inWorkingFolder({ threads: "auto", batch: 0, gpuLayers: 20, mmap: false, mlock: true });
    expect(load().values).toMatchObject({ ...placed, mlock: true });
    expect(load({ ASSAY_GPU_LAYERS: "auto" }).values.gpuLayers).toBe("auto");
  });

  it.each([
    ["ASSAY_GPU_LAYERS", "-1"],
    ["ASSAY_GPU_LAYERS", "many"],
    ["ASSAY_TENSOR_SPLIT", "3,,1"],
    ["ASSAY_TENSOR_SPLIT", "-1,2"],
    ["ASSAY_MMAP", "no"],
    ["ASSAY_KV_TYPE", "q5_0"],
    ["ASSAY_SPLIT_MODE", "tensor"],
    ["ASSAY_BATCH", "-1"],
    ["ASSAY_SERVE_MODELS", "lab-moe"],
    ["ASSAY_SERVE_MODELS", '["a"'],
    ["ASSAY_SERVE_IDLE", "1.5"],
  ])("refuses the placement %s=%s", (name, value) => {
    expect(() => load({ [name]: value })).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(value) }),
    );
  });

  it("reads models to serve as names and as objects, from the environment as JSON", () => {
    const wanted = ["lab-moe", { model: "lab-dense", tier: "small", pinned: true }];
    const read = [{ model: "lab-moe" }, { model: "lab-dense", tier: "small", pinned: true }];
    inWorkingFolder({ serveModels: wanted, aliases: { fast: "lab-dense" }, serveMemory: "24 GiB" });
    expect(load().values).toMatchObject({ serveModels: read, aliases: { fast: "lab-dense" } });
    const env = { ASSAY_SERVE_MODELS: JSON.stringify(wanted.slice(1)), ASSAY_MODEL: "[a]" };
    expect(load(env).values).toMatchObject({ serveModels: read.slice(1), model: "[a]" });
  });

  it.each([
    [
      '{"serveModels": [{"model": "a", "pined": true}]}',
      /"pined" in .*, serveModels\.0/,
      "Did you mean pinned?",
    ],
    ['{"serveModels": ["a", {"id": "b"}]}', /serveModels\.1\.model/, undefined],
    ['{"serveModels": "a"}', /expected array/, undefined],
    ['{"serveMemory": "lots"}', /such as 24GiB/, undefined],
    ['{"aliases": {"a": 1}}', /aliases\.a/, undefined],
  ])("says what of %s is wrong", (content, message, hint) => {
    inWorkingFolder(content);
    const wrong = { code: "CONFIG", message: expect.stringMatching(message), ...(hint && { hint }) };
    expect(() => load()).toThrow(expect.objectContaining(wrong));
  });

  it("refuses a wrong flag as usage, and a named file that is not there", () => {
    expect(() => load({}, { context: -1 })).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(() => load({ ASSAY_CONFIG: "none.json" })).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });
});

describe("the hub", () => {
  it("is HF_ENDPOINT's, unless Assay's own variable names another", () => {
    expect(load().values.hubEndpoint).toBe("https://huggingface.co");
    const mirror = load({ HF_ENDPOINT: "https://mirror.example" });
    expect(mirror.values.hubEndpoint).toBe("https://mirror.example");
    expect(mirror.origins.hubEndpoint).toEqual({ source: "environment", name: "HF_ENDPOINT" });
    const both = { HF_ENDPOINT: "https://mirror.example", ASSAY_HUB_ENDPOINT: "https://other.example" };
    expect(load(both).values.hubEndpoint).toBe("https://other.example");
  });

  it.each(["mirror", "ftp://mirror.example", "file:///etc/passwd"])("is not %s", (HF_ENDPOINT) => {
    expect(() => load({ HF_ENDPOINT })).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining("HF_ENDPOINT") }),
    );
  });

  it("gets the token only where the user, and not a file, chose it; settings never hold the token", () => {
    const env = { HF_TOKEN: "hf_secret" };
    expect(hubToken(load(env), env)).toBe("hf_secret");
    const mirror = { ...env, HF_ENDPOINT: "https://mirror.example" };
    expect(hubToken(load(mirror), mirror)).toBe("hf_secret");
    inWorkingFolder({ hubEndpoint: "https://thief.example" });
    expect(hubToken(load(env), env)).toBeUndefined();
    expect(JSON.stringify(load(env))).not.toContain("hf_secret");
    expect(hubToken(load({}), {})).toBeUndefined();
  });
});

it("names variables after keys", () => {
  expect(variableOf("cacheDir")).toBe("ASSAY_CACHE_DIR");
});

it("hides secrets at any depth", () => {
  expect(redact({ apiKey: "s3", a: [{ hf_token: "t", tokens: 5 }], key: "k", monkey: 3 })).toEqual({
    apiKey: "[redacted]",
    a: [{ hf_token: "[redacted]", tokens: 5 }],
    key: "[redacted]",
    monkey: 3,
  });
});

describe("apiKey", () => {
  const env = { ASSAY_API_KEY: " a-secret-key " };

  it("is read beside the settings and shown nowhere", () => {
    expect(apiKey(env)).toBe("a-secret-key");
    expect(apiKey({ ASSAY_API_KEY: "" })).toBeUndefined();
    expect(JSON.stringify(load(env))).not.toContain("a-secret-key");
    expect(environmentWithoutSecrets(env)).toEqual({});
  });
});

describe("environmentWithoutSecrets", () => {
  it("keeps what libraries read and drops what is secret", () => {
    const kept = {
      PATH: "/bin",
      LD_LIBRARY_PATH: "/lib",
      CUDA_VISIBLE_DEVICES: "0",
      KEYBOARD: "de",
      GGML_X: "1",
    };
    const dropped = [
      "HF_TOKEN",
      "OPENAI_API_KEY",
      "AWS_SECRET_ACCESS_KEY",
      "DATABASE_URL",
      "https_proxy",
      "PGPASSWORD",
      "ASSAY_API_KEYS",
      "key",
    ];
    const env = { ...kept, ...Object.fromEntries(dropped.map((name) => [name, "x"])) };
    expect(environmentWithoutSecrets(env)).toEqual(kept);
  });
});
