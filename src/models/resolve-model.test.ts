import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel, writeSourceFolder } from "../testing/index.ts";
import { entryOfFile } from "./catalogue/local-entry.ts";
import { locateModel, type ResolveOptions, resolveModel } from "./resolve-model.ts";

let root: string;
let options: ResolveOptions;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "assay-resolve-"));
  options = { cwd: join(root, "work"), cacheDir: join(root, "cache"), bundledDir: join(root, "bundled") };
  for (const name of ["work/models/llm_models", "bundled", "work/empty"])
    await mkdir(join(root, name), { recursive: true });
  const file = await writeRandomModel({
    path: join(root, "work/models/llm_models/small.Q8.gguf"),
    layers: 1,
    experts: 0,
  });
  await copyFile(file, join(root, "bundled/lab-moe.gguf"));
  await copyFile(file, join(root, "work/here.gguf"));
  await writeSourceFolder({ folder: join(root, "work/source") });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("resolveModel", () => {
  it.each([
    [undefined, "bundled", "bundled/lab-moe.gguf"],
    ["LAB-MOE", "bundled", "bundled/lab-moe.gguf"],
    ["here.gguf", "file", "work/here.gguf"],
    ["small.Q8", "file", "work/models/llm_models/small.Q8.gguf"],
    ["small.Q8.gguf", "file", "work/models/llm_models/small.Q8.gguf"],
  ] as const)("finds %s", async (spec, origin, path) => {
    expect(await resolveModel(spec, options)).toMatchObject({ origin, path: join(root, path) });
  });

  it("takes the configured default", async () => {
    expect(await resolveModel(undefined, { ...options, defaultModel: "here.gguf" })).toMatchObject({
      name: "here",
    });
  });

  it("converts a folder once, for each type and state of the source", async () => {
    const stages: string[] = [];
    const onProgress = (stage: string) => stages.push(stage);
    const first = await resolveModel("source", { ...options, onProgress });
    expect(first).toMatchObject({ name: "source", origin: "folder" });
    expect(stages).toContain("convert");
    stages.length = 0;
    expect((await resolveModel("source", { ...options, onProgress })).path).toBe(first.path);
    expect(stages).toEqual([]);
    const half = await resolveModel("source", { ...options, quantType: "float16" });
    expect(half.path).not.toBe(first.path);
    await writeFile(join(root, "work/source/generation_config.json"), '{"eos_token_id": 2}');
    const changed = await resolveModel("source", options);
    expect(changed.path).not.toBe(first.path);
    expect((await readdir(options.cacheDir)).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("makes a damaged cached file again", async () => {
    const { path } = await resolveModel("source", options);
    await writeFile(path, "GGUF");
    expect((await resolveModel("source", options)).gguf.tensors.length).toBeGreaterThan(0);
  });

  it("says that a file is used as it is", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await resolveModel("here.gguf", { ...options, quantType: "int4", onWarning });
    expect(warnings).toEqual([expect.stringContaining("here.gguf is used as it is (F16)")]);
    await resolveModel("here.gguf", { ...options, quantType: "float16", onWarning });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ["lab-mo", "MODEL_NOT_FOUND", "Did you mean lab-moe?"],
    ["hear.gguf", "MODEL_NOT_FOUND", "Did you mean here.gguf?"],
    ["quite-another", "MODEL_NOT_FOUND", /lab-dense, small\.Q8/],
    ["empty", "MODEL_NOT_FOUND", /config\.json/],
    ["models/llm_models", "MODEL_NOT_FOUND", /Give the file itself: .*small\.Q8\.gguf/],
    ["mixtral-8x7b-instruct", "MODEL_NOT_FOUND", "npx assay models pull mixtral-8x7b-instruct-q4_k_m"],
    ["mixtral-8x7b-instruct-v0.1.Q8_0.gguf", "MODEL_NOT_FOUND", /pull mixtral-8x7b-instruct-2023-q8_0/],
    ["mixtral-8x7b-instrcut", "MODEL_NOT_FOUND", "Did you mean mixtral-8x7b-instruct?"],
    ["hf:TheBloke/x/y.gguf", "MODEL_NOT_FOUND", "npx assay models pull hf:TheBloke/x/y.gguf"],
    ["source/config.json", "MODEL_INVALID", /Hugging Face folder/],
    ["lab-dense", "MODEL_NOT_FOUND", "Install the package again."],
  ])("answers %s with %s and a hint", async (spec, code, hint) => {
    await expect(resolveModel(spec, options)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(hint),
    });
  });

  it("finds a model of the catalogue by name once it was pulled, there or in the cache", async () => {
    const name = "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf";
    const cached = join(options.cacheDir, "models", name);
    await mkdir(join(options.cacheDir, "models"), { recursive: true });
    await copyFile(join(root, "work/here.gguf"), cached);
    const found = await resolveModel("local-TinyLlama-1.1b-chat", options);
    expect(found).toMatchObject({ name: "tinyllama-1.1b-chat-q4_k_m", path: cached, origin: "file" });
    expect(await resolveModel(`hf:owner/repo/deep/${name}@v1`, options)).toMatchObject({ path: cached });
    await copyFile(cached, join(root, "work/models/llm_models", name));
    expect((await resolveModel("tinyllama-1.1b-chat", options)).path).toContain("llm_models");
  });

  it("tells the two conversions of Mixtral apart by the case of their names, and takes a repaired one", async () => {
    const folder = join(root, "work/models/llm_models");
    await copyFile(join(root, "work/here.gguf"), join(folder, "mixtral-8x7b-instruct-v0.1.Q5_K_M.gguf"));
    await expect(resolveModel("mixtral-8x7b-instruct-q5_k_m", options)).rejects.toThrow("not on this disk");
    const old = await locateModel("mixtral-8x7b-instruct-2023-q5_k_m", options);
    expect(old.path).toBe(join(folder, "mixtral-8x7b-instruct-v0.1.Q5_K_M.gguf"));
    const repaired = join(folder, "mixtral-8x7b-instruct-v0.1.Q5_K_M.repaired.gguf");
    await copyFile(join(root, "work/here.gguf"), repaired);
    expect((await locateModel("mixtral-8x7b-instruct-2023-q5_k_m", options)).path).toBe(repaired);
  });

  it("asks for the user's entries only where nothing else has the name", async () => {
    const mine = await entryOfFile("mine", join(root, "work/here.gguf"));
    const withMine = { ...options, userEntries: () => [mine] };
    expect(await resolveModel("MINE", withMine)).toMatchObject({ path: join(root, "work/here.gguf") });
    const never = () => {
      throw new Error("asked");
    };
    await resolveModel("lab-moe", { ...options, userEntries: never });
    await resolveModel("here.gguf", { ...options, userEntries: never });
    await rm(join(root, "work/here.gguf"));
    await expect(resolveModel("mine", withMine)).rejects.toMatchObject({
      hint: expect.stringContaining("models add --remove mine"),
    });
  });
});
