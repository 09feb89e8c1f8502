import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readApiKeys } from "./api-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LONG = "0123456789abcdef0123";

function read(content: string | undefined, environment?: string, mode = 0o600) {
  const warnings: string[] = [];
  const file = content === undefined ? undefined : join(folder, "keys");
  if (file !== undefined) {
    writeFileSync(file, content ?? "");
    chmodSync(file, mode);
  }
  return { keys: readApiKeys({ file, environment, onWarning: (it) => warnings.push(it) }), warnings };
}

describe("readApiKeys", () => {
  it("takes one key a line, and the environment's", () => {
    const { keys, warnings } = read(`# agents\r\n${LONG}\n\n  ${LONG}b \n${LONG}\n`, `${LONG}c`);
    expect(keys).toEqual([LONG, `${LONG}b`, `${LONG}c`]);
    expect(warnings).toEqual([]);
  });

  it("finds none where none are given", () => {
    expect(read(undefined).keys).toEqual([]);
  });

  it("refuses files without a key, too large ones and ones that are not there", () => {
    expect(() => read("# nothing\n")).toThrow(/no key/);
    expect(() => read("x\n".repeat(40_000))).toThrow(/cannot be read/);
    const missing = { file: join(folder, "none"), environment: undefined, onWarning: () => undefined };
    expect(() => readApiKeys(missing)).toThrow(/cannot be read/);
  });

  it("refuses what no header can hold, without showing it", () => {
    expect(() => read(`${LONG}\nschlüssel-${LONG}\n`)).toThrow(/^Key 2 holds characters/);
    expect(() => read(undefined, "two words")).toThrow(/^Key 1 holds/);
  });

  it("warns of short keys and of files that others may read", () => {
    expect(read("short\n").warnings[0]).toMatch(/shorter than 16/);
    expect(read(LONG, undefined, 0o644).warnings[0]).toMatch(/chmod 600/);
  });
});
