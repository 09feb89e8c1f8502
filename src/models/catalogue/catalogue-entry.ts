/** What the catalogue knows of one model file, without having it. */

import type { ModelSizes } from "../estimate-memory.ts";

/** One file of a model; several are its shards, in order. */
export interface CatalogueFile {
  /** In its repository, or the name that a bundled or local file has. */
  readonly path: string;
  readonly sizeBytes: number;
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
  readonly repo: string | undefined;
  /** Where the files are when they are in no repository: one address or one absolute path for each. */
  readonly at?: readonly string[] | undefined;
  readonly files: readonly CatalogueFile[];
  readonly quantisation: string;
  /** SPDX identifier; "unknown" for an entry of the user whose file says nothing. */
  readonly licence: string;
  /** When the base weights were published, ISO date; undefined where nobody said. */
  readonly published: string | undefined;
  /** Name of the chat template. */
  readonly template: string;
  /** Tokens of context that a command takes when nothing is said. */
  readonly contextDefault: number;
  /** Split experts: llama.cpp refuses the file until `assay models repair` has laid them together. */
  readonly needsRepair?: true | undefined;
  readonly bundled?: true | undefined;
  readonly shape: ModelShape;
  /** Where the facts come from. */
  readonly source: string;
}

/** Bytes of all files. */
export function entrySize({ files }: Pick<CatalogueEntry, "files">): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
