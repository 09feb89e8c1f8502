import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../config.ts";
import { CATALOGUE, type Gguf, type ResolvedModel, readGguf } from "../../models/index.ts";
import { writeSparseMixtral } from "../../testing/index.ts";
import { type EntryWishes, fleetEntries } from "./entries.ts";
import { defaultModels, lineOf } from "./entries-catalogue.ts";
import { fleetBudget, idleTime } from "./entries-sources.ts";
import { chooseTiers } from "./entries-tiers.ts";

const bundled = (name: string) => fileURLToPath(new URL(`../../../models/${name}.gguf`, import.meta.url));

let folder: string;
let files: Record<string, { name: string; gguf: Gguf }>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-entries-"));
  const mixtral = await readGguf(await writeSparseMixtral({ path: join(folder, "mixtral.gguf") }));
  const [moe, dense] = [await readGguf(bundled("lab-moe")), await readGguf(bundled("lab-dense"))];
  files = {
    "lab-moe": { name: "lab-moe", gguf: moe },
    "lab-dense": { name: "lab-dense", gguf: dense },
    "mixtral-8x7b-instruct": { name: "mixtral-8x7b-instruct-q4_k_m", gguf: mixtral },
    "./mixtral-8x7b-instruct-v0.1.Q5_K_M.repaired.gguf": {
      name: "mixtral-8x7b-instruct-v0.1.Q5_K_M.repaired",
      gguf: mixtral,
    },
    "./mein Modell.gguf": { name: "mein Modell", gguf: dense },
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const warnings: string[] = [];

function entries(wishes: EntryWishes, config: Partial<Config> = {}, defaults = ["lab-moe", "lab-dense"]) {
  warnings.length = 0;
  return fleetEntries(
    wishes,
    { serveModels: [], aliases: {}, context: 0, ...config },
    {
      async find(model): Promise<ResolvedModel> {
        const file = files[model];
        if (!file) throw new Error(`not there: ${model}`);
        return { ...file, path: `/models/${file.name}.gguf`, origin: "file" };
      },
      findDefaults: async () => defaults,
      userEntries: [],
      onWarning: (message) => warnings.push(message),
    },
  );
}

describe("models", () => {
  it("are the arguments, else the settings, else what is there", async () => {
    const serveModels = [{ model: "lab-dense", id: "quick", context: 512, pinned: true }];
    expect(await entries({ models: ["lab-moe"] }, { serveModels })).toMatchObject([
      { id: "lab-moe", context: undefined, pinned: false },
    ]);
    expect(await entries({}, { serveModels, context: 1_024 })).toEqual([
      {
        id: "quick",
        aliases: [],
        path: "/models/lab-dense.gguf",
        name: "lab-dense",
        tier: undefined,
        context: 512,
        pinned: true,
      },
    ]);
    expect(await entries({}, { context: 1_024 })).toMatchObject([
      { id: "lab-moe", tier: "large", context: 1_024 },
      { id: "lab-dense", tier: "small", context: 1_024 },
    ]);
  });

  it("of --small and --large come on top, unless they are there already", async () => {
    expect(await entries({ small: "lab-dense" })).toMatchObject([{ id: "lab-dense", tier: "small" }]);
    expect(await entries({ models: ["lab-moe"], small: "lab-dense" })).toMatchObject([
      { id: "lab-moe", tier: "large" },
      { id: "lab-dense", tier: "small" },
    ]);
    const both = { models: ["lab-moe", "lab-dense"], small: "lab-moe" };
    expect(await entries(both)).toMatchObject([
      { id: "lab-moe", tier: "small" },
      { id: "lab-dense", tier: "large" },
    ]);
    await expect(entries({ small: "lab-moe", large: "lab-moe" })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("cannot be auto, and need ids of their own", async () => {
    await expect(entries({ models: ["auto"] })).rejects.toMatchObject({ code: "USAGE" });
    await expect(entries({ models: ["lab-moe", "lab-moe"] })).rejects.toMatchObject({ code: "CONFIG" });
  });
});

describe("names", () => {
  it("are the catalogue's, with its aliases, for the line that is there", async () => {
    expect(await entries({ models: ["mixtral-8x7b-instruct", "lab-dense"] })).toMatchObject([
      {
        id: "mixtral-8x7b-instruct-q4_k_m",
        aliases: ["mixtral-8x7b-instruct", "local-mixtral-8x7b-instruct"],
        tier: "large",
      },
      { id: "lab-dense", aliases: [], tier: "small" },
    ]);
    const repaired = "./mixtral-8x7b-instruct-v0.1.Q5_K_M.repaired.gguf";
    expect(await entries({ models: [repaired] })).toMatchObject([
      {
        id: "mixtral-8x7b-instruct-2023-q5_k_m",
        aliases: ["mixtral-8x7b-instruct", "local-mixtral-8x7b-instruct"],
      },
    ]);
    const both = await entries({ models: [repaired, "mixtral-8x7b-instruct"] });
    expect(both.map(({ aliases }) => aliases.length)).toEqual([0, 2]);
  });

  it("of a file are its stem in letters that fit into an address", async () => {
    expect(await entries({ models: ["./mein Modell.gguf"] })).toMatchObject([
      { id: "mein-Modell", name: "mein Modell" },
    ]);
  });

  it("that the user gives win over the catalogue's, and flags over settings", async () => {
    const models = ["mixtral-8x7b-instruct", "lab-dense"];
    const aliases = { "gpt-4o": "lab-dense", "mixtral-8x7b-instruct": "lab-dense", ghost: "nobody" };
    const wished = ["gpt-4o=mixtral-8x7b-instruct-q4_k_m"];
    expect(await entries({ models, aliases: wished }, { aliases })).toMatchObject([
      { aliases: ["gpt-4o", "local-mixtral-8x7b-instruct"] },
      { aliases: ["mixtral-8x7b-instruct"] },
    ]);
    expect(warnings).toEqual([expect.stringContaining("The alias ghost is left out")]);
  });

  it.each([
    ["gpt-4o", "USAGE"],
    ["=lab-moe", "USAGE"],
    ["a=b=c", "USAGE"],
    ["gpt-4o=lab-mo", "USAGE"],
    ["auto=lab-moe", "CONFIG"],
    ["lab-dense=lab-moe", "CONFIG"],
    ["a b=lab-moe", "CONFIG"],
  ])("are refused as %s", async (alias, code) => {
    await expect(entries({ aliases: [alias] })).rejects.toMatchObject({ code });
  });
});

it("tiers follow from sizes only where there are exactly two", () => {
  const model = (path: string, parameters: number, tier?: "small" | "large") => ({ path, parameters, tier });
  const none = { small: undefined, large: undefined };
  expect(chooseTiers([model("a", 2), model("b", 1)], none)).toEqual(["large", "small"]);
  expect(chooseTiers([model("a", 2, "small"), model("b", 1)], none)).toEqual(["small", "large"]);
  expect(chooseTiers([model("a", 1), model("b", 1)], none)).toEqual([undefined, undefined]);
  const three = [model("a", 1), model("b", 2, "large"), model("c", 3)];
  expect(chooseTiers(three, { ...none, small: "a" })).toEqual(["small", "large", undefined]);
  expect(chooseTiers([model("a", 1)], none)).toEqual([undefined]);
});

describe("without a word from the user", () => {
  const withFiles = (there: Record<string, string>, said: string[] = []) =>
    defaultModels(
      CATALOGUE,
      async ({ name }) => there[name],
      (message) => said.push(message),
    );

  it("Mixtral and TinyLlama are served where they are, else the bundled pair", async () => {
    expect(await withFiles({})).toEqual(["lab-moe", "lab-dense"]);
    expect(await withFiles({ "tinyllama-1.1b-chat-q8_0": "/m/t.gguf" })).toEqual([
      "tinyllama-1.1b-chat-q8_0",
    ]);
    const both = { "mixtral-8x7b-instruct-q8_0": "/m/8.gguf", "mixtral-8x7b-instruct-q4_k_m": "/m/4.gguf" };
    expect(await withFiles({ ...both, "tinyllama-1.1b-chat-q4_k_m": "/m/t.gguf" })).toEqual([
      "mixtral-8x7b-instruct-q4_k_m",
      "tinyllama-1.1b-chat-q4_k_m",
    ]);
  });

  it("a file of 2023 is served once it was repaired", async () => {
    const said: string[] = [];
    const name = "mixtral-8x7b-instruct-2023-q4_k_m";
    expect(await withFiles({ [name]: "/m/x.Q4_K_M.gguf" }, said)).toEqual(["lab-moe", "lab-dense"]);
    expect(said).toEqual([expect.stringContaining("assay models repair")]);
    expect(await withFiles({ [name]: "/m/x.Q4_K_M.repaired.gguf" })).toEqual([name]);
  });

  it("a line is a model in all its quantisations", () => {
    const lines = new Set(CATALOGUE.map(({ name }) => lineOf(name)));
    expect([...lines]).toEqual(["lab-moe", "lab-dense", "tinyllama-1.1b-chat", "mixtral-8x7b-instruct"]);
  });
});

it("reads the budget in both kinds of units, and the idle time", () => {
  const budget = (serveMemory: string) => fleetBudget({ serveMemory });
  expect(budget("auto")).toBeUndefined();
  expect([budget("24GiB"), budget("24 g"), budget("24GB"), budget("1.5K")]).toEqual([
    24 * 2 ** 30,
    24 * 2 ** 30,
    24e9,
    1_536,
  ]);
  expect([idleTime({ serveIdle: 0 }), idleTime({ serveIdle: 90 })]).toEqual([
    Number.POSITIVE_INFINITY,
    90_000,
  ]);
});
