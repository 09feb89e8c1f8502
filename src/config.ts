/**
 * Settings: defaults < file < environment < flags, checked by one schema, each with the place it came from.
 * The only file that reads the environment.
 */

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import {
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  configSchema,
  SERVED_MODEL,
  SETTINGS,
} from "./config-schema.ts";
import { AppError } from "./errors.ts";
import { suggest } from "./suggest.ts";

export {
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  configSchema,
  describeSetting,
  type ServedModelSetting,
} from "./config-schema.ts";

/** Where a value came from; `name` is the file, the variable or the flag. */
export interface Origin {
  readonly source: "default" | "file" | "environment" | "flag";
  readonly name: string;
}

export interface ResolvedConfig {
  readonly values: Config;
  readonly origins: Readonly<Record<ConfigKey, Origin>>;
}

export interface ConfigSources {
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
  /** @default process.cwd() */
  cwd?: string;
  /** @default os.homedir() */
  home?: string;
  /** Values given as flags; undefined ones were not given. */
  flags?: { readonly [K in ConfigKey]?: Config[K] | undefined };
}

const FILE_NAME = "assay.config.json";
const API_KEY = "ASSAY_API_KEY";
const DEFAULT_HUB = "https://huggingface.co";
/** The hub's own variable (huggingface_hub, environment variables); ASSAY_HUB_ENDPOINT wins over it. */
const HF_ENDPOINT = "HF_ENDPOINT";

/**
 * Reads and checks all sources.
 * @throws AppError CONFIG for an unknown key, a wrong value or an unreadable file, USAGE for a wrong flag
 */
export function loadConfig(sources: ConfigSources = {}): ResolvedConfig {
  const { env = process.env, cwd = process.cwd(), home = homedir(), flags = {} } = sources;
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const take = (from: Record<string, unknown>, origin: (key: string) => Origin) => {
    for (const [key, value] of Object.entries(from)) {
      if (value === undefined) continue;
      values[key] = value;
      origins[key] = origin(key);
    }
  };
  take(defaults(env, home), () => ({ source: "default", name: "default" }));
  const file = configFiles({ env, cwd, home }).inForce;
  if (file !== undefined) take(readFile(file, home), () => ({ source: "file", name: file }));
  take(readHubVariable(env), () => ({ source: "environment", name: HF_ENDPOINT }));
  take(readEnvironment(env), (key) => ({ source: "environment", name: variableOf(key) }));
  take(checkFlags(flags), (key) => ({ source: "flag", name: `--${kebab(key)}` }));
  return { values: values as Config, origins: origins as Record<ConfigKey, Origin> };
}

function defaults(env: NodeJS.ProcessEnv, home: string): Config {
  // https://specifications.freedesktop.org/basedir-spec/latest/: relative values are to be ignored.
  const base = (variable: string, otherwise: string) => {
    const value = env[variable];
    return join(value !== undefined && isAbsolute(value) ? value : join(home, otherwise), "assay");
  };
  return {
    model: "lab-moe",
    store: join(base("XDG_DATA_HOME", ".local/share"), "assay.db"),
    cacheDir: base("XDG_CACHE_HOME", ".cache"),
    modelsDir: "models/llm_models",
    hubEndpoint: DEFAULT_HUB,
    threads: 0,
    gpu: "auto",
    context: 0,
    batch: 512,
    gpuLayers: "auto",
    experts: "auto",
    splitMode: "layer",
    tensorSplit: "",
    kvType: "f16",
    mmap: true,
    mlock: false,
    seed: 0,
    serveModels: [],
    aliases: {},
    serveMemory: "auto",
    serveIdle: 900,
    logLevel: "info",
    logFormat: "text",
  };
}

/** Where settings are written down. */
export interface ConfigFiles {
  /** The file whose settings count, if there is one. */
  readonly inForce: string | undefined;
  /** The user's own, which need not exist. */
  readonly own: string;
}

/** The configuration file that loadConfig() reads, and the one that a new setting goes to when there is none. */
export function configFiles(sources: Omit<ConfigSources, "flags"> = {}): ConfigFiles {
  const { env = process.env, cwd = process.cwd(), home = homedir() } = sources;
  const xdg = env.XDG_CONFIG_HOME;
  const folder = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".config");
  const own = join(folder, "assay", FILE_NAME);
  const named = env.ASSAY_CONFIG;
  if (named !== undefined && named !== "") return { inForce: resolve(cwd, named), own };
  return { inForce: [join(cwd, FILE_NAME), own].find((path) => existsSync(path)), own };
}

function readFile(path: string, home: string): Partial<Config> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new AppError("CONFIG", `The configuration ${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Mend the JSON, or move the file away to go on with defaults.",
      cause,
    });
  }
  const parsed = configSchema.partial().safeParse(content);
  if (!parsed.success) throw fileError(path, parsed.error.issues[0]!);
  const values: Record<string, unknown> = parsed.data;
  // Paths in a file are meant from the file's place, wherever the command is run.
  for (const key of ["store", "cacheDir", "modelsDir"] as const) {
    const value = parsed.data[key];
    if (value === undefined) continue;
    values[key] = resolve(
      dirname(path),
      value.replace(/^~(?=$|[/\\])/, () => home),
    );
  }
  return values as Partial<Config>;
}

function fileError(path: string, issue: z.core.$ZodIssue): AppError {
  const place = issue.path.length === 0 ? "" : ` ${issue.path.join(".")}:`;
  if (issue.code === "unrecognized_keys") {
    const known = place === "" ? CONFIG_KEYS : Object.keys(SERVED_MODEL);
    return unknownName(
      `key "${issue.keys[0]}" in ${path}${place && `,${place.slice(0, -1)}`}`,
      issue.keys[0]!,
      known,
    );
  }
  return new AppError("CONFIG", `The configuration ${path} is wrong:${place} ${issue.message}.`, {
    hint: "`assay config show --origin` explains every setting once it is mended.",
  });
}

/** Values of ASSAY_THREADS and the like; an unknown ASSAY_ variable is an error, an empty one is not set. */
function readEnvironment(env: NodeJS.ProcessEnv): Partial<Config> {
  const names = new Map(CONFIG_KEYS.map((key) => [variableOf(key), key]));
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("ASSAY_") || name === "ASSAY_CONFIG" || name === API_KEY) continue;
    if (text === undefined || text === "") continue;
    const key = names.get(name);
    if (key === undefined)
      throw unknownName(`environment variable ${name}`, name, [...names.keys(), "ASSAY_CONFIG"]);
    values[key] = checkText(key, text, (reason) => new AppError("CONFIG", `${name} is wrong: ${reason}.`));
  }
  return values as Partial<Config>;
}

function readHubVariable(env: NodeJS.ProcessEnv): Partial<Config> {
  const text = env[HF_ENDPOINT];
  if (text === undefined || text === "") return {};
  const fail = (reason: string) => new AppError("CONFIG", `${HF_ENDPOINT} is wrong: ${reason}.`);
  return { hubEndpoint: checkText("hubEndpoint", text, fail) as string };
}

/**
 * HF_TOKEN, for gated repositories of the hub. No setting, so that it is never shown, stored or logged; and only
 * for a hub that the user chose: a configuration file in a folder from elsewhere must not have it sent to it.
 */
export function hubToken(
  { values, origins }: ResolvedConfig,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const chosen = origins.hubEndpoint.source !== "file" || new URL(values.hubEndpoint).origin === DEFAULT_HUB;
  return chosen ? env.HF_TOKEN?.trim() || undefined : undefined;
}

/** ASSAY_API_KEY, which requests to the server must have; no setting, for the reasons of hubToken(). */
export function apiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env[API_KEY]?.trim() || undefined;
}

/** Names under which people keep what no other program should see; addresses may hold a password. */
const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|(^|_|API|ACCESS)KEYS?$|_DSN$|_UR[IL]$|PROXY$/i;

/** The environment for a process that needs the system's settings and those of the GPU's driver, but no secrets. */
export function environmentWithoutSecrets(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_NAME.test(name)));
}

function checkFlags(flags: Record<string, unknown>): Partial<Config> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const parsed = SETTINGS[key as ConfigKey].safeParse(value);
    if (!parsed.success) {
      throw new AppError("USAGE", `--${kebab(key)} is wrong: ${parsed.error.issues[0]?.message}.`);
    }
    values[key] = parsed.data;
  }
  return values as Partial<Config>;
}

/**
 * Reads a setting from text, as the environment and flags give it.
 * @throws whatever `fail` makes of the reason
 */
export function checkText(key: ConfigKey, text: string, fail: (reason: string) => AppError): unknown {
  // Number("") is 0 and Number("0x10") is 16: only plain digits are a number here. A model may be named "7".
  const readings: unknown[] = [text];
  if (/^-?\d+(\.\d+)?$/.test(text)) readings.push(Number(text));
  if (text === "true" || text === "false") readings.push(text === "true");
  if (/^[[{]/.test(text)) readings.push(parseJson(text));
  const parsed = readings.map((reading) => SETTINGS[key].safeParse(reading));
  const found = parsed.find(({ success }) => success);
  const issue = parsed.at(-1)?.error?.issues[0];
  if (!found) throw fail(`${[...(issue?.path ?? []), issue?.message].join(": ")}, received "${text}"`);
  return found.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The environment variable of a setting: cacheDir is ASSAY_CACHE_DIR. */
export function variableOf(key: string): string {
  return `ASSAY_${kebab(key).replaceAll("-", "_").toUpperCase()}`;
}

/** Replaces values under names that say they are secret, for everything that is shown or stored. */
export function redact<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, it) =>
    /(key|token|secret|password)$/i.test(key) && typeof it === "string" ? "[redacted]" : it,
  );
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function unknownName(what: string, name: string, known: readonly string[]): AppError {
  const nearest = suggest(name, known);
  return new AppError("CONFIG", `Unknown ${what}.`, {
    hint: nearest === undefined ? `Known are ${known.join(", ")}.` : `Did you mean ${nearest}?`,
  });
}
