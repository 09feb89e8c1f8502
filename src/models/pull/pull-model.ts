/** `pullModel`: from a name or an address to a model on this disk, whole or not at all. */

import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { AppError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CatalogueEntry } from "../catalogue/catalogue-entry.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { assertFreeSpace } from "../output-file.ts";
import { type FileFacts, fileFacts } from "./file-facts.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { hubFacts, listGguf, sha256Of } from "./hub-facts.ts";
import { bytesThere } from "./part-file.ts";
import { type PulledFile, type PullProgress, pullFile } from "./pull-file.ts";
import { type PullLock, takePullLock } from "./pull-lock.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { type HubPlace, type PullSource, parseSource } from "./source.ts";

export interface PullOptions {
  /** Where files go that are given no place. Made if it is missing. */
  readonly folder: string;
  /** File to write, or a folder that is there. */
  readonly output?: string | undefined;
  /** Branch, tag or commit of a repository. @default "main" */
  readonly revision?: string | undefined;
  /** Hex hash that the file must have; for a model of one file. */
  readonly sha256?: string | undefined;
  /** @default "https://huggingface.co" */
  readonly hubEndpoint?: string | undefined;
  /** Sent to `hubEndpoint`'s origin and to no other. */
  readonly token?: string | undefined;
  /** Plain http also to other machines. @default false */
  readonly allowHttp?: boolean | undefined;
  /** Further hosts, "name" or "name:port", that redirects may lead to whatever their address: storage of a mirror. */
  readonly allowHosts?: readonly string[] | undefined;
  /** The user's own catalogue entries. */
  readonly userEntries?: readonly CatalogueEntry[] | undefined;
  /** Connections at a time. @default 4 */
  readonly connections?: number | undefined;
  /** Bytes asked for at a time. @default 32 MiB */
  readonly rangeBytes?: number | undefined;
  /** A connection without a byte for so long is made anew, milliseconds. @default 30,000 */
  readonly stallMs?: number | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Counts over all files of the model, in bytes. */
  readonly onProgress?:
    | ((stage: "pull" | "check", done: number, total: number, resumed: number) => void)
    | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PulledModel {
  readonly name: string;
  /** The file, or the first of its shards; absolute. */
  readonly path: string;
  /** Of all files. */
  readonly bytes: number;
  readonly resumedFrom: number;
  readonly files: readonly PulledFile[];
  readonly gguf: Gguf;
}

/** Large enough that asking costs nothing, small enough that few bytes are lost where a server counts ranges. */
const RANGE_BYTES = 32 * 2 ** 20;

/**
 * Pulls a model: a catalogue name, `hf:owner/repo/file.gguf[@revision]` or an https address; of a model in shards
 * all. Goes on where an earlier call was stopped, whatever stopped it.
 * @throws AppError USAGE, MODEL_NOT_FOUND, MODEL_INVALID, DATA_UNAVAILABLE, DISK_FULL, RUN_LOCKED, CANCELLED
 *
 * @example
 * const { path } = await pullModel("tinyllama-1.1b-chat", { folder: "models/llm_models" });
 */
export async function pullModel(spec: string, options: PullOptions): Promise<PulledModel> {
  const {
    hubEndpoint = "https://huggingface.co",
    revision,
    userEntries,
    token,
    allowHttp,
    stallMs,
  } = options;
  const source = parseSource(spec, { hubEndpoint, revision, userEntries });
  const hubOrigin = new URL(hubEndpoint).origin;
  const askedHost = source.files[0]?.url.host ?? new URL(hubEndpoint).host;
  const client = createHttpClient({
    trustedHosts: [...(source.hostIsTyped ? [askedHost] : []), ...(options.allowHosts ?? [])],
    token: token === undefined ? undefined : { origin: hubOrigin, value: token },
    allowHttp,
    stallMs,
  });
  try {
    if (source.hub?.paths.length === 0) throw await chooseFile(client, source.hub, options);
    return await pullFiles(client, source, options);
  } finally {
    client.close();
  }
}

async function pullFiles(client: HttpClient, source: PullSource, options: PullOptions): Promise<PulledModel> {
  const targets = await placeFiles(source, options);
  const folder = dirname(targets[0]!);
  const locks: PullLock[] = [];
  try {
    for (const target of targets) locks.push(await takePullLock(target));
    const facts = await gatherFacts(client, source, options);
    await assertFreeSpace(folder, await missingBytes(targets, facts), targets[0]!);
    const files = await pullEach(client, source, targets, facts, options);
    const gguf = await readGguf(targets[0]!);
    const sum = (figure: (file: PulledFile) => number) => files.reduce((all, file) => all + figure(file), 0);
    return {
      name: source.name,
      path: targets[0]!,
      bytes: sum(({ bytes }) => bytes),
      resumedFrom: sum(({ resumedFrom }) => resumedFrom),
      files,
      gguf,
    };
  } finally {
    for (const lock of locks) await lock.release();
  }
}

/** Absolute paths of the files on this disk. */
async function placeFiles({ files }: PullSource, { folder, output }: PullOptions): Promise<string[]> {
  const wanted = output ?? folder;
  const isFolder =
    output === undefined ||
    /[/\\]$/.test(output) ||
    (await stat(output).catch(() => undefined))?.isDirectory();
  if (!isFolder && files.length > 1)
    throw new AppError("USAGE", `The model has ${files.length} files, and --output names one.`, {
      hint: "Give --output a folder.",
    });
  if (!isFolder && !/\.gguf$/i.test(basename(wanted)))
    throw new AppError("USAGE", `${wanted} does not end in .gguf, so no command would find it.`, {
      hint: "Give --output a name that ends in .gguf, or a folder that is there.",
    });
  const targets = isFolder ? files.map(({ fileName }) => resolve(wanted, fileName)) : [resolve(wanted)];
  try {
    makeFolder(dirname(targets[0]!));
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The folder ${dirname(targets[0]!)} cannot be made: ${(cause as Error).message}.`,
      {
        hint: "Choose another place with --output.",
        cause,
      },
    );
  }
  return targets;
}

async function gatherFacts(
  client: HttpClient,
  { files, hub }: PullSource,
  { sha256, hubEndpoint, retry, signal, onNote }: PullOptions,
): Promise<FileFacts[]> {
  if (sha256 !== undefined && (files.length > 1 || sha256Of(sha256) === undefined))
    throw new AppError(
      "USAGE",
      `--sha256 is ${files.length > 1 ? "for models of one file" : "64 hexadecimal digits"}.`,
    );
  const known = hub && (await hubFacts(client, hub, { retry, signal, onNote }));
  const hubOrigin = hub && new URL(hub.endpoint ?? hubEndpoint).origin;
  const facts: FileFacts[] = [];
  for (const [index, file] of files.entries()) {
    const { sizeBytes, sha256: ofHub } = known?.[index] ?? {};
    // What the user says comes first, so that a difference is told in its terms.
    const wanted = { ...file, sha256: sha256Of(sha256) ?? file.sha256 };
    const hashes = { sizeBytes, sha256: ofHub ?? file.sha256 };
    facts.push(await fileFacts(client, wanted, { hubOrigin, known: hashes, retry, signal, onNote }));
  }
  return facts;
}

async function missingBytes(targets: readonly string[], facts: readonly FileFacts[]): Promise<number> {
  let missing = 0;
  for (const [index, target] of targets.entries()) {
    const complete = await stat(target).catch(() => undefined);
    if (complete === undefined) missing += facts[index]!.size - (await bytesThere(target));
  }
  return missing;
}

async function pullEach(
  client: HttpClient,
  { files }: PullSource,
  targets: readonly string[],
  facts: readonly FileFacts[],
  options: PullOptions,
): Promise<PulledFile[]> {
  const { connections = 4, rangeBytes = RANGE_BYTES, retry = DEFAULT_RETRY, signal } = options;
  const total = facts.reduce((sum, { size }) => sum + size, 0);
  const pulled: PulledFile[] = [];
  let before = 0;
  let resumedBefore = 0;
  const progress: PullProgress = {
    onProgress: (stage, done, resumed) =>
      options.onProgress?.(stage, before + done, total, resumedBefore + resumed),
    onNote: (message) => options.onNote?.(message),
  };
  for (const [index, file] of files.entries()) {
    const [fact, target] = [facts[index]!, targets[index]!];
    const shared = { client, connections, rangeBytes, retry, signal, ...progress };
    const done = await pullFile({ ...shared, file, facts: fact, target });
    pulled.push(done);
    before += fact.size;
    resumedBefore += done.resumedFrom;
  }
  return pulled;
}

/** A repository without a file: tells which it has. */
async function chooseFile(
  client: HttpClient,
  hub: HubPlace,
  { retry, signal, onNote }: PullOptions,
): Promise<AppError> {
  const names = await listGguf(client, hub, { retry, signal, onNote });
  const shown = names.slice(0, 20).map((name) => `hf:${hub.repo}/${visibleToken(name)}`);
  const more = names.length > shown.length ? `, and ${names.length - shown.length} more` : "";
  return new AppError("USAGE", `hf:${hub.repo} is a repository; one file of it is pulled.`, {
    hint: names.length === 0 ? "It has no GGUF file." : `Choose one of: ${shown.join(", ")}${more}.`,
    details: { files: names },
  });
}
