/** What the catalogue knows of one model file, without having it. */

import type { ModelSizes } from "../estimate-memory.ts";

/** One file of a model; several are its shards, in order. */
export interface CatalogueFile {
  /** In its repository, or the name that a bundled or local file has. */
  readonly path: string;
  /** undefined only for what a user added by address: the server then says it. */
  readonly sizeBytes?: number | undefined;
  /** Hex, lower case. Left out where no source for it was found: the hub then says what it should be. */
  readonly sha256?: string | undefined;
}

/** What the header would say: enough for a memory estimate and a card. */
export interface ModelShape extends ModelSizes {
  /** general.architecture. */
  readonly architecture: string;
  readonly parameters: number;
  /** 0 for a dense model. */
  readonly experts: number;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** "owner/name" on the hub; undefined for a bundled or local file. */
  readonly repo?: string | undefined;
  /** Addresses of the files, in their order, when they are in no repository. */
  readonly urls?: readonly string[] | undefined;
  /** A file that the user has already: absolute, the first of its shards. */
  readonly localPath?: string | undefined;
  readonly files: readonly CatalogueFile[];
  /** "unknown" for what a user added without having the file and whose name does not say it. */
  readonly quantisation: string;
  /** SPDX identifier; "unknown" for an entry of the user whose file says nothing. */
  readonly licence: string;
  /** When the base weights were published, ISO date; undefined where nobody said. */
  readonly published?: string | undefined;
  /** Name of the chat template; undefined: as the file says. */
  readonly template?: string | undefined;
  /** Tokens of context that a command takes when nothing is said. */
  readonly contextDefault: number;
  /** Split experts: llama.cpp refuses the file until `assay models repair` has laid them together. */
  readonly needsRepair?: true | undefined;
  readonly bundled?: true | undefined;
  /** undefined only for what a user added without having the file. */
  readonly shape?: ModelShape | undefined;
  /** Where the facts come from. */
  readonly source: string;
}

/** Bytes of all files; undefined when one of them is not known. */
export function entrySize({ files }: Pick<CatalogueEntry, "files">): number | undefined {
  return files.reduce<number | undefined>(
    (sum, { sizeBytes }) => (sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes),
    0,
  );
}
