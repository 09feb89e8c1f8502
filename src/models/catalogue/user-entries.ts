/** The user's own entries: a JSON file beside the configuration, written by `assay models add`. */

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";

/** Not plain catalogue.json: a project may have a file of that name for something else. */
export const USER_CATALOGUE = "assay.catalogue.json";

const MOST_ENTRIES = 10_000;
/** A shard's number has five digits, but nobody cuts a model into more pieces than this. */
const MOST_FILES = 1_000;
/** Ten thousand entries take less. */
const MOST_BYTES = 16 * 2 ** 20;

/** Names as one types them: no spaces, nothing that a path, an option or a terminal could misread. */
export const ENTRY_NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

// The file may come with a project from elsewhere, and all of it reaches the terminal.
const text = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, "has characters that cannot be seen");
const count = z.int().min(0);
const pathInside = text
  .refine((path) => !path.split(/[/\\]/).includes("..") && !isAbsolute(path), "leaves its repository")
  .refine((path) => /\.gguf$/i.test(path), "does not end in .gguf");

const fileSchema = z.strictObject({
  path: pathInside,
  sizeBytes: count.optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits, lower case")
    .optional(),
});

const shapeSchema = z.strictObject({
  architecture: text,
  parameters: count,
  layers: count,
  dim: count,
  kvHeads: count,
  headDim: count,
  ffn: count,
  experts: count,
  expertsUsed: count,
  vocabulary: count,
  contextTrained: count,
  sizeBytes: count,
});

const entrySchema = z
  .strictObject({
    name: z.string().regex(ENTRY_NAME, "expected lower-case letters, digits, dots, dashes and underscores"),
    title: text,
    repo: z
      .string()
      .regex(/^[\w.-]{1,96}\/[\w.-]{1,96}$/, "expected owner/name")
      .optional(),
    urls: z
      .array(z.url({ protocol: /^https?$/ }))
      .max(MOST_FILES)
      .optional(),
    localPath: text.refine(isAbsolute, "expected an absolute path").optional(),
    files: z.array(fileSchema).min(1).max(MOST_FILES),
    quantisation: text,
    licence: text,
    published: z.iso.date().optional(),
    template: text.optional(),
    contextDefault: count,
    needsRepair: z.literal(true).optional(),
    shape: shapeSchema.optional(),
    source: text,
  })
  .refine(
    ({ repo, urls, localPath }) => [repo, urls, localPath].filter((it) => it !== undefined).length === 1,
    "exactly one of repo, urls and localPath says where the model is",
  )
  .refine(({ urls, files }) => urls === undefined || urls.length === files.length, "one address a file");

const documentSchema = z
  .strictObject({ schema: z.literal(1), entries: z.array(entrySchema).max(MOST_ENTRIES) })
  .refine(
    ({ entries }) => new Set(entries.map(({ name }) => name)).size === entries.length,
    "two entries have the same name",
  );

/**
 * Reads a user's entries; none when there is no such file.
 * @throws AppError CONFIG for a file that is damaged or says what no entry can say
 */
export function readUserEntries(path: string): CatalogueEntry[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return [];
  if (size > MOST_BYTES) throw damaged(path, "it is larger than any catalogue");
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
  const parsed = documentSchema.safeParse(content);
  if (parsed.success) return parsed.data.entries;
  const [issue] = parsed.error.issues;
  throw damaged(path, [issue!.path.join("."), issue!.message].filter((it) => it !== "").join(": "));
}

/**
 * Writes a user's entries beside the file and renames.
 * @throws AppError CONFIG for an entry that could not be read back, DATA_UNAVAILABLE when the place cannot be written
 */
export function writeUserEntries(path: string, entries: readonly CatalogueEntry[]): void {
  const document = { schema: 1, entries };
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError("CONFIG", `The entry cannot be kept: ${issue!.path.join(".")}: ${issue!.message}.`);
  }
  try {
    makeFolder(dirname(path));
    writeWhole(path, `${JSON.stringify(document, null, 2)}\n`);
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The catalogue ${path} cannot be written: ${(cause as Error).message}.`,
      { hint: "Check the folder's permissions and its free space.", cause },
    );
  }
}

function writeWhole(path: string, content: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function damaged(path: string, reason: string, cause?: unknown): AppError {
  return new AppError("CONFIG", `The catalogue ${path} cannot be used: ${reason}.`, {
    hint: "Mend it, or move it away: the models that Assay knows by itself stay known.",
    cause,
  });
}
