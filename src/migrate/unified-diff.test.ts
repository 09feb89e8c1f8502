import { expect, it } from "vitest";
import { findEdits, readerFor } from "./find-edits.ts";
import { unifiedDiff } from "./unified-diff.ts";

const diff = (text: string) => unifiedDiff("a.py", text, findEdits(text, readerFor("a.py")!).edits);

it("shows three lines around, joins what is near and splits what is far", () => {
  const lines = Array.from({ length: 20 }, (_, i) => `x${i} = 1`);
  lines[1] = "DEFAULT_CONTEXT_LENGTH = 2048";
  lines[2] = 'A = "local-tinyllama-1.1b-chat"';
  lines[18] = "DEFAULT_CONTEXT_LENGTH = 2048";
  expect(diff(lines.join("\n"))).toEqual([
    "--- a/a.py",
    "+++ b/a.py",
    "@@ -1,6 +1,6 @@",
    " x0 = 1",
    "-DEFAULT_CONTEXT_LENGTH = 2048",
    '-A = "local-tinyllama-1.1b-chat"',
    "+DEFAULT_CONTEXT_LENGTH = 4096",
    '+A = "local-mixtral-8x7b-instruct"',
    " x3 = 1",
    " x4 = 1",
    " x5 = 1",
    "@@ -16,5 +16,5 @@",
    " x15 = 1",
    " x16 = 1",
    " x17 = 1",
    "-DEFAULT_CONTEXT_LENGTH = 2048",
    "+DEFAULT_CONTEXT_LENGTH = 4096",
    " x19 = 1",
    "\\ No newline at end of file",
  ]);
});

it("counts no line behind the last newline", () => {
  expect(diff("DEFAULT_CONTEXT_LENGTH = 2048\n")).toEqual([
    "--- a/a.py",
    "+++ b/a.py",
    "@@ -1,1 +1,1 @@",
    "-DEFAULT_CONTEXT_LENGTH = 2048",
    "+DEFAULT_CONTEXT_LENGTH = 4096",
  ]);
});

it("shows lines that an edit adds, and counts them in the hunks after it", () => {
  const text = Array.from({ length: 14 }, (_, i) => `x${i}`)
    .join("\n")
    .concat("\n");
  const edit = (start: number, end: number, after: string) => ({
    ...{ start, end, after, before: text.slice(start, end), why: "" },
  });
  const end = text.indexOf("x12");
  expect(unifiedDiff("a", text, [edit(2, 2, ",\nnew"), edit(end, end + 3, "y\nz")])).toEqual([
    "--- a/a",
    "+++ b/a",
    "@@ -1,4 +1,5 @@",
    "-x0",
    "+x0,",
    "+new",
    " x1",
    " x2",
    " x3",
    "@@ -10,5 +11,6 @@",
    " x9",
    " x10",
    " x11",
    "-x12",
    "+y",
    "+z",
    " x13",
  ]);
});
