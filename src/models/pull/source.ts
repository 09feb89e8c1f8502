/** What a user asks to pull -> the addresses of its files. */

import { posix } from "node:path";
import { AppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import { CATALOGUE, CATALOGUE_ALIASES, findEntry } from "../catalogue/catalogue.ts";
import type { CatalogueEntry } from "../catalogue/catalogue-entry.ts";
import { modelStem, shardPaths } from "../gguf/shard-names.ts";

/** One file to be pulled. */
export interface SourceFile {
  readonly url: URL;
  /** Name on this disk; no folders. */
  readonly fileName: string;
  /** Bytes that the catalogue knows. */
  readonly sizeBytes?: number | undefined;
  /** Hex, of the catalogue. */
  readonly sha256?: string | undefined;
}

export interface PullSource {
  /** Short name: the catalogue's, or the stem of the file. */
  readonly name: string;
  /** The file, or all shards in order. */
  readonly files: readonly SourceFile[];
  /** Where the files are on a hub, in the order of `files`. */
  readonly hub?: HubPlace | undefined;
  /** Whether the host is one that the user wrote or set: it may then have any address. */
  readonly hostIsTyped: boolean;
}

/** Files in a repository of a hub. */
export interface HubPlace {
  /** Address of the hub without a slash at its end. */
  readonly endpoint: string;
  /** "owner/name". */
  readonly repo: string;
  readonly revision: string;
  /** Inside the repository; empty when the user named the repository alone. */
  readonly paths: readonly string[];
}

export interface SourceOptions {
  /** The hub, or a mirror of it. */
  readonly hubEndpoint: string;
  /** Branch, tag or commit. @default "main" */
  readonly revision?: string | undefined;
  /** The user's own catalogue entries. */
  readonly userEntries?: readonly CatalogueEntry[] | undefined;
}

// What the hub allows in names (huggingface_hub, utils/_validators.py).
const REPO = /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/;

/**
 * Reads a source: a catalogue name, hf:owner/repo/file.gguf[@revision] or an address.
 * @throws AppError USAGE with the nearest name
 */
export function parseSource(text: string, options: SourceOptions): PullSource {
  if (/^hf:/i.test(text)) return parseHub(text, options);
  if (/^https?:\/\//i.test(text)) return parseAddress(text, options);
  const entry = findEntry(text, options.userEntries);
  if (entry) return fromEntry(entry, options);
  throw unknownSource(text, options.userEntries ?? []);
}

function parseHub(text: string, options: SourceOptions): PullSource {
  const [place = "", inText] = splitRevision(text.slice("hf:".length).replace(/^\/+/, ""));
  if (inText !== undefined && options.revision !== undefined && inText !== options.revision)
    throw usage(
      `Two revisions are given: @${visibleToken(inText)} and --revision.`,
      "Leave one of them out.",
    );
  const [owner = "", name = "", ...path] = place.split("/");
  const repo = `${owner}/${name}`;
  if (!REPO.test(repo))
    throw usage(`${visibleToken(text)} names no repository.`, "Write hf:owner/repository/file.gguf.");
  return hubSource(hubOf(options), repo, inText ?? options.revision ?? "main", path.join("/"));
}

function splitRevision(text: string): [string, string | undefined] {
  const at = text.lastIndexOf("@");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1) || undefined];
}

const hubOf = ({ hubEndpoint }: SourceOptions) => hubEndpoint.replace(/\/+$/, "");

function hubSource(endpoint: string, repo: string, revision: string, path: string): PullSource {
  // Nothing to pull yet: the caller lists what the repository has.
  if (path === "")
    return { name: repo, files: [], hub: { endpoint, repo, revision, paths: [] }, hostIsTyped: true };
  if (path.split("/").some((segment) => segment === "" || /^\.\.?$/.test(segment)))
    throw usage(`${visibleToken(path)} is no path in a repository.`, "Write hf:owner/repository/file.gguf.");
  const paths = shardPaths(path) ?? [path];
  const files = paths.map((one) => ({
    url: hubUrl(endpoint, repo, revision, one),
    fileName: safeFileName(posix.basename(one)),
  }));
  return {
    name: modelStem(files[0]!.fileName),
    files,
    hub: { endpoint, repo, revision, paths },
    hostIsTyped: true,
  };
}

/** Address of a file on a hub: /{repo}/resolve/{revision}/{path}. */
function hubUrl(endpoint: string, repo: string, revision: string, path: string): URL {
  const segments = path.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${segments}`);
}

function parseAddress(text: string, options: SourceOptions): PullSource {
  if (!URL.canParse(text))
    throw usage(`${visibleToken(text)} is no address.`, "Write https://host/file.gguf.");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    throw usage(
      "The address holds a user name or password, which would be seen in lists of processes.",
      "Leave it out; for the hub set HF_TOKEN.",
    );
  const hub = hubPage(url, options);
  if (hub) return hub;
  if (options.revision !== undefined)
    throw usage("--revision is for repositories of a hub.", "Leave it out: an address says all.");
  const decoded = decodePath(url.pathname);
  const names = (shardPaths(decoded) ?? [decoded]).map((path) => posix.basename(path));
  const last = url.pathname.split("/").at(-1)!;
  const files = names.map((name) => ({ url: sibling(url, last, name), fileName: safeFileName(name) }));
  return { name: modelStem(files[0]!.fileName), files, hostIsTyped: true };
}

function sibling(url: URL, last: string, name: string): URL {
  if (decodePath(last) === name) return url;
  const other = new URL(url);
  other.pathname = url.pathname.slice(0, -last.length) + encodeURIComponent(name);
  return other;
}

/** The address of a file on the hub, or of its page in a browser (…/blob/…), as the file in its repository. */
function hubPage(url: URL, options: SourceOptions): PullSource | undefined {
  const endpoint = [hubOf(options), "https://huggingface.co"].find((hub) => url.href.startsWith(`${hub}/`));
  if (endpoint === undefined) return undefined;
  const [owner = "", name = "", kind = "", revision = "", ...path] = decodePath(
    url.href.slice(endpoint.length + 1).replace(/[?#].*$/, ""),
  ).split("/");
  const repo = `${owner}/${name}`;
  if (!REPO.test(repo) || !["resolve", "blob"].includes(kind) || path.length === 0) return undefined;
  if (options.revision !== undefined && options.revision !== revision)
    throw usage("Two revisions are given, in the address and by --revision.", "Leave one of them out.");
  return hubSource(endpoint, repo, revision, path.join("/"));
}

function fromEntry(entry: CatalogueEntry, options: SourceOptions): PullSource {
  const { name, repo, urls = [], files } = entry;
  if (entry.bundled || entry.localPath !== undefined)
    throw usage(
      `${name} is here already${entry.bundled ? ": it comes with Assay" : ""}.`,
      `Try \`assay ask -m ${name}\`.`,
    );
  const place =
    repo === undefined ? hubPage(new URL(urls[0]!), options)?.hub : hubPlace(entry, repo, options);
  const { endpoint, revision } = place ?? {};
  return {
    name,
    files: files.map(({ path, sizeBytes, sha256 }, index) => ({
      url: place ? hubUrl(endpoint!, place.repo, revision!, place.paths[index]!) : new URL(urls[index]!),
      fileName: safeFileName(posix.basename(path)),
      sizeBytes,
      sha256,
    })),
    hub: place,
    // A catalogue file may come with a project from elsewhere, and its addresses with it.
    hostIsTyped: place !== undefined,
  };
}

function hubPlace({ files }: CatalogueEntry, repo: string, options: SourceOptions): HubPlace {
  const paths = files.map(({ path }) => path);
  return { endpoint: hubOf(options), repo, revision: options.revision ?? "main", paths };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw usage(
      `${visibleToken(path)} is no address: a % in it is followed by something else than two digits.`,
    );
  }
}

/** A name from outside becomes a name on this disk: no folders, nothing hidden, nothing that a terminal would obey. */
function safeFileName(name: string): string {
  const shown = visibleToken(name);
  if (!/\.gguf$/i.test(name))
    throw usage(`"${shown}" is not the name of a GGUF file.`, "Name a file that ends in .gguf.");
  if (shown !== name || /^\.|[<>:"|?*\\/]/.test(name) || name.length > 200)
    throw usage(`"${shown}" cannot be the name of a file here.`, "Ask for another file.");
  return name;
}

function unknownSource(text: string, userEntries: readonly CatalogueEntry[]): AppError {
  const names = [...CATALOGUE, ...userEntries].map(({ name }) => name);
  const near = suggest(text, [...names, ...Object.keys(CATALOGUE_ALIASES)]);
  const isPlace = /^[\w.-]+\/[\w.-]+\//.test(text);
  const hint = near
    ? `Did you mean ${near}?`
    : isPlace
      ? `For a file on the hub write hf:${text}`
      : "`assay models list` shows the names; a file on the hub is hf:owner/repository/file.gguf.";
  return usage(`There is no model "${visibleToken(text)}" in the catalogue.`, hint);
}

function usage(message: string, hint?: string): AppError {
  return new AppError("USAGE", message, { hint });
}
