import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CATALOGUE } from "./catalogue.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";
import { readUserEntries, writeUserEntries } from "./user-entries.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-catalogue-"));
  file = join(folder, "deep", "assay.catalogue.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENTRY: CatalogueEntry = {
  name: "mine",
  title: "Mine",
  repo: "owner/name",
  files: [{ path: "Q4/mine.gguf", sizeBytes: 7, sha256: "0".repeat(64) }],
  quantisation: "Q4_K_M",
  licence: "MIT",
  contextDefault: 4_096,
  source: "a test",
};

it("has no entries without a file, and reads back what it wrote", () => {
  expect(readUserEntries(file)).toEqual([]);
  const entries = [ENTRY, ...CATALOGUE.filter(({ bundled }) => !bundled)];
  writeUserEntries(file, entries);
  expect(readUserEntries(file)).toEqual(entries);
  expect(readdirSync(join(folder, "deep"))).toEqual(["assay.catalogue.json"]);
});

describe("an entry that could do harm or says nothing", () => {
  it.each([
    ["a path out of the repository", { files: [{ path: "../../etc/x.gguf" }] }],
    ["an absolute path", { files: [{ path: "/etc/x.gguf" }] }],
    ["no GGUF file", { files: [{ path: "x.sh" }] }],
    ["no file", { files: [] }],
    ["a half hash", { files: [{ path: "x.gguf", sha256: "abc" }] }],
    ["a negative size", { files: [{ path: "x.gguf", sizeBytes: -1 }] }],
    ["a title that moves the cursor", { title: "a\u001b[2J" }],
    ["a title that runs the other way", { title: "a\u202eb" }],
    ["a name that is an option", { name: "--output" }],
    ["a name that is a path", { name: "a/b" }],
    ["no place", { repo: undefined }],
    ["two places", { localPath: "/x.gguf" }],
    ["a relative file", { repo: undefined, localPath: "x.gguf" }],
    ["an address of a file", { repo: undefined, urls: ["file:///etc/passwd"] }],
    ["more addresses than files", { repo: undefined, urls: ["https://a/x.gguf", "https://a/y.gguf"] }],
    ["a key that nobody knows", { run: "rm" }],
  ])("%s is neither written nor read", (_name, change) => {
    const bad = { ...ENTRY, ...change } as unknown as CatalogueEntry;
    expect(() => writeUserEntries(file, [bad])).toThrow(expect.objectContaining({ code: "CONFIG" }));
    const plain = join(folder, "plain.json");
    writeFileSync(plain, JSON.stringify({ schema: 1, entries: [bad] }));
    expect(() => readUserEntries(plain)).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });

  it("two of one name", () => {
    expect(() => writeUserEntries(file, [ENTRY, ENTRY])).toThrow("same name");
  });
});

it("answers any damage of the file with CONFIG and a hint", () => {
  const good = JSON.stringify({ schema: 1, entries: [ENTRY] });
  const path = join(folder, "c.json");
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.string({ maxLength: 4, unit: "binary" }),
      fc.nat(6),
      (at, text, cut) => {
        writeFileSync(path, good.slice(0, at) + text + good.slice(at + cut));
        try {
          for (const entry of readUserEntries(path)) expect(entry.files.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG", hint: expect.stringContaining("Mend it") });
        }
      },
    ),
    { numRuns: 300 },
  );
});

it("does not read a file that no catalogue fills", () => {
  const path = join(folder, "large.json");
  writeFileSync(path, " ".repeat(16 * 2 ** 20 + 1));
  expect(() => readUserEntries(path)).toThrow("larger than any catalogue");
});

it("says that a place cannot be written", () => {
  writeFileSync(join(folder, "deep"), "a file where the folder would be");
  expect(() => writeUserEntries(file, [ENTRY])).toThrow(
    expect.objectContaining({ code: "DATA_UNAVAILABLE" }),
  );
});
