/**
 * What the former system called its model, and what takes its place. Every rule gives back its own result
 * unchanged, so a second migration finds nothing.
 */

export type SettingKind = "repo" | "file" | "path" | "context";

/** The new values. Repository and file are the present-day Q4_K_M of the catalogue (models/catalogue). */
export const NEW_SETTINGS = {
  repo: "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF",
  file: "Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf",
  context: 4_096,
  id: "local-mixtral-8x7b-instruct",
  /** AutoGen's client wants any key that is not empty. */
  apiKey: "local",
} as const;

const OLD_ID = "local-tinyllama-1.1b-chat";
const OLD_CONTEXT = 2_048;
// Not within a longer name: local-tinyllama-1.1b-chat-v2 is somebody's own.
const OLD_ID_ANYWHERE = /(?<![\w.-])local-tinyllama-1\.1b-chat(?![\w-]|\.\w)/g;

export const WHY = {
  repo: "repository of the model",
  file: "file of the model",
  path: "path of the model's file",
  context: "Mixtral's default context; TinyLlama had 2,048",
  id: "model id",
  baseUrl: "OpenAI clients add /chat/completions themselves and need a base_url that ends in /v1",
  apiKey: "OpenAI clients refuse an empty key; any other will do",
  cacheSeed: "AutoGen's cache would give TinyLlama's answers again: its key leaves out the server",
} as const;

/** The repository in a file's address on the hub. */
const URL_REPO = /^(https?:\/\/[^/]+\/)[\w.-]+\/[\w.-]*tinyllama[\w.-]*(?=\/)/i;
/** What is longer is no name, and would take the patterns below their time. */
const LONGEST_NAME = 1_000;

/** Which setting a name stands for: DEFAULT_MODEL_REPO, app_default_model_repo, default-model-repo. */
export function settingOf(name: string): SettingKind | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const found = /(?:^|_)DEFAULT_(MODEL_REPO|MODEL_FILE|MODEL_PATH|CONTEXT_LENGTH)$/.exec(
    name.replaceAll("-", "_").toUpperCase(),
  );
  return KIND_OF[found?.[1] ?? ""];
}

const KIND_OF: Readonly<Record<string, SettingKind>> = {
  MODEL_REPO: "repo",
  MODEL_FILE: "file",
  MODEL_PATH: "path",
  CONTEXT_LENGTH: "context",
};

/**
 * The new text of a value of DEFAULT_MODEL_REPO, _FILE or _PATH; undefined when it stays. A path keeps its
 * folders, and a literal is taken for what it looks like: in DEFAULT_MODEL_PATH may stand a whole download
 * call with a repository in it.
 */
export function newModelName(kind: Exclude<SettingKind, "context">, value: string): string | undefined {
  if (value.length > LONGEST_NAME || !/tinyllama/i.test(value)) return undefined;
  const isFile = /\.gguf$/i.test(value);
  const isRepo = !isFile && (kind === "repo" || /^[\w.-]+\/[\w.-]+-GGUF$/i.test(value));
  const after = isRepo
    ? value.replace(/(^|\/)[\w.-]+\/[\w.-]*tinyllama[\w.-]*$/i, `$1${NEW_SETTINGS.repo}`)
    : value
        .replace(URL_REPO, `$1${NEW_SETTINGS.repo}`)
        .replace(/[^/\\]*tinyllama[^/\\]*$/i, NEW_SETTINGS.file);
  return after === value ? undefined : after;
}

/** Whether a context is to be raised: what TinyLlama had, or less where the number is all that is assigned. */
export function isOldContext(text: string, isAlone: boolean): boolean {
  if (!/^(\d[\d_]*|0x[\da-f_]+)$/i.test(text)) return false;
  const value = Number(text.replaceAll("_", ""));
  return value === OLD_CONTEXT || (isAlone && value > 0 && value < NEW_SETTINGS.context);
}

/** Places of the old model id in a text. */
export function oldIds(text: string): readonly { start: number; end: number }[] {
  return [...text.matchAll(OLD_ID_ANYWHERE)].map(({ index }) => ({
    start: index,
    end: index + OLD_ID.length,
  }));
}

/** Whether a text is the id of this system's model, old or new. */
export function isOurId(text: string): boolean {
  return text === OLD_ID || text === NEW_SETTINGS.id;
}

export function namesOurId(text: string): boolean {
  return text.includes(NEW_SETTINGS.id) || oldIds(text).length > 0;
}

export function isBaseUrlKey(key: string): boolean {
  return /(^|[_-])(base_?url|api_?base)$/i.test(key.replaceAll("-", "_")) || key === "baseURL";
}

export function isLocalUrl(url: string): boolean {
  return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)(:\d+)?(\/|$)/i.test(
    url,
  );
}

/**
 * A base_url that ends in /v1; undefined when it is right. "unknown" is a path of somebody's own.
 * @example newBaseUrl("http://localhost:8000") // "http://localhost:8000/v1"
 */
export function newBaseUrl(url: string): string | "unknown" | undefined {
  const found = /^(https?:\/\/[^/?#\s\\]+)([^?#\s\\]*)$/i.exec(url);
  if (found === null) return /^https?:/i.test(url) ? "unknown" : undefined;
  const [, origin = "", path = ""] = found;
  if (/\/v1\/?$/.test(path)) return undefined;
  if (/^\/*$/.test(path)) return `${origin}/v1`;
  // A common slip: the whole address of the call.
  const call = /^(.*\/v1)\/+(chat\/)?completions\/?$/.exec(path);
  return call ? `${origin}${call[1]}` : "unknown";
}
