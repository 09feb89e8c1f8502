/**
 * Old settings in Jupyter notebooks: the Python of code cells, edited inside of the JSON strings that hold it,
 * so that outputs, ids and layout of the file stay. Format: nbformat.readthedocs.io, version 4.
 */

import { type JsonNode, type JsonScalar, readJsonTree } from "./json-tree.ts";
import { findPythonEdits } from "./python-edits.ts";
import { collectFindings, type FindingCollector } from "./text-edit.ts";

export function findNotebookEdits(source: string, found: FindingCollector): void {
  const tree = readJsonTree(source);
  const cells = tree && member(tree.root, "cells");
  if (cells?.kind !== "array") {
    found.note(0, "unreadable-json");
    return;
  }
  for (const cell of cells.items) {
    const type = member(cell, "cell_type");
    const lines = member(cell, "source");
    if (type?.kind !== "string" || type.text !== "code" || lines === undefined) continue;
    const pieces = (lines.kind === "array" ? lines.items : [lines]).filter(
      (piece): piece is JsonScalar => piece.kind === "string",
    );
    editCell(pieces, found);
  }
}

function member(node: JsonNode, key: string): JsonNode | undefined {
  return node.kind === "object" ? node.entries.find((entry) => entry.key.text === key)?.value : undefined;
}

/** Edits that lie in one string are carried over; a value that runs over two is told. */
function editCell(pieces: readonly JsonScalar[], found: FindingCollector): void {
  let code = "";
  /** For each unit of the code, where it begins in the file. */
  const places: number[] = [];
  const pieceOf: number[] = [];
  for (const [number, { text, start }] of pieces.entries())
    for (const { index, 0: written } of text.matchAll(/\\(?:u[\da-fA-F]{4}|[\s\S])|[\s\S]/g)) {
      code += decode(written);
      places.push(start + index);
      pieceOf.push(number);
    }
  const cell = collectFindings(code);
  findPythonEdits(code, cell);
  const { edits, notes } = cell.done();
  for (const { start, end, after, why } of edits) {
    // An insertion has no last unit of its own.
    const last = Math.max(start, end - 1);
    const piece = pieces[pieceOf[start] ?? 0]!;
    const stop = end === start ? places[start]! : (places[end] ?? piece.end);
    if (pieceOf[start] === pieceOf[last]) found.edit(places[start]!, Math.min(stop, piece.end), after, why);
    else found.note(places[start]!, "joined-string");
  }
  for (const { at, kind } of notes) found.note(places[at] ?? pieces[0]?.start ?? 0, kind);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

/** One unit of a JSON string, as Python will see it. */
function decode(written: string): string {
  if (written.length === 1) return written;
  if (written.length === 6) return String.fromCharCode(Number.parseInt(written.slice(2), 16));
  return ESCAPES[written[1]!] ?? written[1]!;
}
