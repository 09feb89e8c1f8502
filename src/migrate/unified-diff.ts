/**
 * A unified diff from edits: which lines differ is known from where the edits are, so nothing has to be searched
 * and no library is needed.
 */

import { applyEdits, lineFinder, type TextEdit } from "./text-edit.ts";

/** Lines shown around a change, as diff -u has it. */
const CONTEXT = 3;

/** Neighbouring lines that change, and what takes their place. Lines count from 0. */
interface ChangedLines {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
  readonly edits: readonly TextEdit[];
}

/**
 * The lines of a diff, each with its sign in front; line ends are left out. An edit may add lines, and take lines as
 * long as it leaves the last one's end.
 * @param path shown behind a/ and b/
 */
export function unifiedDiff(path: string, text: string, edits: readonly TextEdit[]): readonly string[] {
  const before = text.split("\n");
  // The last line's end gives an empty piece that is no line.
  const count = text.endsWith("\n") ? before.length - 1 : before.length;
  const starts = lineStarts(before);
  const changes = changedLines(text, edits);
  const lines = [`--- a/${path}`, `+++ b/${path}`];
  let added = 0;
  for (let i = 0; i < changes.length; ) {
    let last = i;
    while (last + 1 < changes.length && changes[last + 1]!.first - changes[last]!.end < 2 * CONTEXT) last++;
    const from = Math.max(0, changes[i]!.first - CONTEXT);
    const to = Math.min(count, changes[last]!.end + CONTEXT);
    const body: string[] = [];
    let at = from;
    let more = 0;
    for (const { first, end, edits: own } of changes.slice(i, last + 1)) {
      const after = replaced(text.slice(starts[first], starts[end]! - 1), starts[first]!, own);
      body.push(...before.slice(at, first).map((line) => ` ${line}`));
      body.push(...before.slice(first, end).map((line) => `-${line}`), ...after.map((line) => `+${line}`));
      more += after.length - (end - first);
      at = end;
    }
    body.push(...before.slice(at, to).map((line) => ` ${line}`));
    lines.push(`@@ -${from + 1},${to - from} +${from + 1 + added},${to - from + more} @@`, ...body);
    if (to === count && !text.endsWith("\n")) lines.push("\\ No newline at end of file");
    added += more;
    i = last + 1;
  }
  return lines;
}

/** Where each line begins, and one more place, as if another line came. */
function lineStarts(lines: readonly string[]): readonly number[] {
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1)! + line.length + 1);
  return starts;
}

/** Edits in lines that touch each other go together: all old lines, then all new ones. */
function changedLines(text: string, edits: readonly TextEdit[]): readonly ChangedLines[] {
  const lineOf = lineFinder(text);
  const changes: ChangedLines[] = [];
  for (const edit of edits) {
    const first = lineOf(edit.start) - 1;
    const end = lineOf(Math.max(edit.start, edit.end - 1));
    const before = changes.at(-1);
    if (before === undefined || first > before.end) changes.push({ first, end, edits: [edit] });
    else
      changes.splice(-1, 1, {
        first: before.first,
        end: Math.max(end, before.end),
        edits: [...before.edits, edit],
      });
  }
  return changes;
}

/** The new lines of a piece that begins at `start` of the text. */
function replaced(piece: string, start: number, edits: readonly TextEdit[]): readonly string[] {
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  return applyEdits(piece, moved).split("\n");
}
