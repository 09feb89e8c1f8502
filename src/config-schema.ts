/** The settings: what each one may be and means. config.ts says where their values come from. */

import { z } from "zod";
import { LOG_LEVELS } from "./logger.ts";

/** A hint longer than this is a typing error: llama.cpp starts every thread that it is told to. */
const MOST_THREADS = 1_024;

/** No model is this deep; "99" for "all" is what people are used to. */
const MOST_LAYERS = 9_999;

/** "auto" is another way to say 0. */
const autoOr = (schema: z.ZodInt) => z.preprocess((it) => (it === "auto" ? 0 : it), schema);

/** A model to be served, as a MODEL or with what else is to be said of it. */
export const SERVED_MODEL = {
  model: z.string().min(1),
  /** @default its name in the catalogue, or the file's stem */
  id: z.string().min(1).optional(),
  aliases: z.array(z.string().min(1)).max(64).optional(),
  tier: z.enum(["small", "large"]).optional(),
  context: z.int().min(1).max(1_048_576).optional(),
  /** Loaded at the start, and never unloaded. */
  pinned: z.boolean().optional(),
};
const servedModel = z.preprocess(
  (it) => (typeof it === "string" ? { model: it } : it),
  z.strictObject(SERVED_MODEL),
);
export type ServedModelSetting = z.infer<typeof servedModel>;

/**
 * Every setting, one key each. No --unsafe-lib here: a configuration file in a folder from elsewhere must not choose
 * native code to load.
 */
export const SETTINGS = {
  model: z.string().min(1).describe("MODEL when a command names none"),
  store: z.string().min(1).describe("the database of runs"),
  cacheDir: z.string().min(1).describe("converted models"),
  modelsDir: z.string().min(1).describe("folder searched for models by name"),
  hubEndpoint: z
    .url({ protocol: /^https?$/, error: "expected an http(s) URL" })
    .describe("the Hugging Face hub, or a mirror of it; HF_ENDPOINT is read too"),
  threads: autoOr(z.int().min(0).max(MOST_THREADS)).describe(
    "compute threads; 0 or auto: one a physical core, measured once for long work",
  ),
  gpu: z.enum(["auto", "cuda", "vulkan", "metal", "off"]).describe("where layers run"),
  context: z
    .int()
    .min(0)
    .max(1_048_576)
    .describe("tokens in one sequence; 0 takes what the model was trained for, at most 4,096"),
  batch: autoOr(z.int().min(0).max(65_536)).describe("tokens in one step of the engine; 0 or auto: 512"),
  gpuLayers: z
    .union([z.literal("auto"), z.int().min(0).max(MOST_LAYERS)], {
      error: `expected auto or a whole number to ${MOST_LAYERS}`,
    })
    .describe("layers on the GPU; auto: as many as fit"),
  experts: z
    .enum(["auto", "cpu", "gpu"])
    .describe("where the experts' weights are; auto: on the GPU where they fit, else in RAM"),
  splitMode: z.enum(["none", "layer", "row"]).describe("how several GPUs share a model"),
  tensorSplit: z
    .string()
    .regex(/^(\d+(\.\d+)?(,\d+(\.\d+)?)*)?$/, "expected shares such as 3,1")
    .describe("each GPU's share of the model, as 3,1; empty: by free memory"),
  kvType: z.enum(["f16", "q8_0", "q4_0", "f32"]).describe("type of the numbers in the cache"),
  mmap: z.boolean().describe("weights are mapped from the file in place of being read"),
  mlock: z.boolean().describe("weights are locked in RAM"),
  seed: z.int().min(0).max(0xffff_ffff).describe("seed of everything drawn at random"),
  serveModels: z.array(servedModel).max(64).describe("models that serve has when it is given none, as JSON"),
  aliases: z
    .record(z.string().min(1), z.string().min(1))
    .describe("other names of served models, as JSON: {name: id}"),
  serveMemory: z
    .string()
    .regex(/^(auto|\d+(\.\d+)?\s?[KMGT](i?B)?)$/i, "expected auto or a size such as 24GiB")
    .describe("what all served models may take together; auto: what is free at the start, less a reserve"),
  serveIdle: z
    .int()
    .min(0)
    .max(31_536_000)
    .describe("seconds after which a model that nobody uses is unloaded; 0: never"),
  logLevel: z.enum(LOG_LEVELS).describe("least important message shown"),
  logFormat: z.enum(["text", "json"]).describe("form of the messages on stderr"),
};

/** Shape of assay.config.json; every key may be left out. */
export const configSchema = z.strictObject(SETTINGS);

export type Config = z.infer<typeof configSchema>;
export type ConfigKey = keyof Config;
export const CONFIG_KEYS = Object.keys(SETTINGS) as ConfigKey[];

/** What a setting means, one phrase. */
export function describeSetting(key: ConfigKey): string {
  return SETTINGS[key].description ?? "";
}
