/**
 * A unified diff from edits. Since an edit never adds or takes a line, which lines differ is known and nothing
 * has to be searched: no library is needed.
 */

import { applyEdits, lineFinder, type TextEdit } from "./text-edit.ts";

/** Lines shown around a change, as diff -u has it. */
const CONTEXT = 3;

/**
 * The lines of a diff, each with its sign in front; line ends are left out.
 * @param path shown behind a/ and b/
 */
export function unifiedDiff(path: string, text: string, edits: readonly TextEdit[]): readonly string[] {
  const before = text.split("\n");
  const after = applyEdits(text, edits).split("\n");
  // The last line's end gives an empty piece that is no line.
  const count = text.endsWith("\n") ? before.length - 1 : before.length;
  const lineOf = lineFinder(text);
  const changed = [
    ...new Set(edits.flatMap(({ start, end }) => lineRange(lineOf(start), lineOf(Math.max(start, end - 1))))),
  ];
  const lines = [`--- a/${path}`, `+++ b/${path}`];
  for (let i = 0; i < changed.length; ) {
    let last = i;
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * CONTEXT) last++;
    const from = Math.max(0, changed[i]! - CONTEXT);
    const to = Math.min(count, changed[last]! + CONTEXT + 1);
    lines.push(`@@ -${from + 1},${to - from} +${from + 1},${to - from} @@`);
    lines.push(...hunk(before, after, from, to, new Set(changed.slice(i, last + 1))));
    if (to === count && !text.endsWith("\n")) lines.push("\\ No newline at end of file");
    i = last + 1;
  }
  return lines;
}

/** Lines from 1, as places from 0. */
function lineRange(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i);
}

/** Neighbouring changed lines go together: all old ones, then all new ones. */
function hunk(
  before: readonly string[],
  after: readonly string[],
  from: number,
  to: number,
  changed: ReadonlySet<number>,
): readonly string[] {
  const lines: string[] = [];
  for (let at = from; at < to; at++) {
    if (!changed.has(at)) {
      lines.push(` ${before[at]}`);
      continue;
    }
    let end = at;
    while (changed.has(end)) end++;
    lines.push(...before.slice(at, end).map((line) => `-${line}`));
    lines.push(...after.slice(at, end).map((line) => `+${line}`));
    at = end - 1;
  }
  return lines;
}
