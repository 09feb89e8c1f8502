import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readLines } from "./ask-batch.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-lines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("numbers the lines as an editor does and leaves out empty ones", () => {
  const path = join(folder, "a.jsonl");
  writeFileSync(path, '"one"\r\n\n  \n{"prompt": "two"}\n');
  expect(readLines(path)).toEqual([
    { line: 1, text: '"one"' },
    { line: 4, text: '{"prompt": "two"}' },
  ]);
});

it("refuses a file without prompts and one that is not there", () => {
  const path = join(folder, "empty.jsonl");
  writeFileSync(path, "\n\n");
  for (const wrong of [path, join(folder, "none.jsonl"), folder]) {
    expect(() => readLines(wrong)).toThrow(expect.objectContaining({ code: "DATA_UNAVAILABLE" }));
  }
});
