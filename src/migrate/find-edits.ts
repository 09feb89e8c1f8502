/** Which reader a file's name asks for, and what all of them look for. */

import { findJsonEdits } from "./json-edits.ts";
import { findLineEdits } from "./line-edits.ts";
import { findNotebookEdits } from "./notebook-edits.ts";
import { findPythonEdits } from "./python-edits.ts";
import { collectFindings, countBelow, type FindingCollector, type TextFindings } from "./text-edit.ts";

type FindEdits = (source: string, found: FindingCollector) => void;

const mentionsOnly: FindEdits = () => undefined;

const READERS: readonly (readonly [RegExp, FindEdits])[] = [
  [/^\.env(\..*)?$|\.env$/, findLineEdits],
  [/\.pyw?i?$/, findPythonEdits],
  [/\.ipynb$/, findNotebookEdits],
  [/\.(json|jsonc|json5)$|^OAI_CONFIG_LIST(_\w+)?(\.(sample|example))?$/i, findJsonEdits],
  [/\.(ya?ml|toml|ini|cfg|conf|properties)$/, findLineEdits],
  [/\.(md|rst|txt|sh|bash|ps1|bat)$|^(Dockerfile|Makefile|Procfile|README)/, mentionsOnly],
];

/** The reader for a file of this name; undefined when such files hold no settings. */
export function readerFor(name: string): FindEdits | undefined {
  return READERS.find(([pattern]) => pattern.test(name))?.[1];
}

const OLD_CONTEXT =
  /\b(?:n_ctx|num_ctx|ctx_size|max_seq_len|max_model_len|model_max_length|context_(?:length|window|size)|max_context\w*)["']?(?:\s*:\s*int\s*)?\s*[=:]\s*["']?2_?048\b/gi;

/** Edits and notes of one file. */
export function findEdits(source: string, read: FindEdits): TextFindings {
  const found = collectFindings(source);
  read(source, found);
  const { edits } = found.done();
  const ends = edits.map(({ end }) => end);
  const isEdited = (at: number) => (edits[countBelow(ends, at + 1)]?.start ?? Infinity) <= at;
  for (const { index, 0: text } of source.matchAll(OLD_CONTEXT))
    if (!isEdited(index + text.length - 1) && !isComment(source, index)) found.note(index, "context-2048");
  // TinyLlama's template; with Mixtral it would be the wrong one.
  for (const { index } of source.matchAll(/\bchat_format["']?\s*[=:]\s*["']zephyr/g))
    if (!isComment(source, index)) found.note(index, "zephyr-format");
  for (const { index } of source.matchAll(/tinyllama/gi)) if (!isEdited(index)) found.note(index, "mention");
  return found.done();
}

function isComment(source: string, at: number): boolean {
  return /^\s*(#|\/\/)/.test(source.slice(source.lastIndexOf("\n", at) + 1, at));
}
