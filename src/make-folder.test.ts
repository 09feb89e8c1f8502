import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

const root = mkdtempSync(join(tmpdir(), "assay-folder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("makes what is missing, with the mode, and leaves what is there", () => {
  const path = join(root, "a", "b", "c");
  makeFolder(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  makeFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("a file in the way is an error", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(() => makeFolder(file)).toThrow("EEXIST");
  expect(() => makeFolder(join(file, "below"))).toThrow("ENOTDIR");
});

test.runIf(process.platform === "linux")("a folder that takes no children is an error, not a hang", () => {
  expect(() => makeFolder("/proc/assay/below")).toThrow("ENOENT");
});
