/** Old settings in Python: constants and their defaults, model ids in strings, endpoints beside a model id. */

import { noteOtherModel } from "./json-edits.ts";
import { editPythonEndpoints } from "./python-endpoints.ts";
import { type PythonToken, readPythonTokens } from "./python-tokens.ts";
import {
  isOldContext,
  NEW_SETTINGS,
  newModelName,
  oldIds,
  type SettingKind,
  settingOf,
  WHY,
} from "./rules.ts";
import type { FindingCollector } from "./text-edit.ts";

/** Adds what a Python source holds to `found`. Docstrings and comments are left alone. */
export function findPythonEdits(source: string, found: FindingCollector): void {
  const { tokens, unclosedAt } = readPythonTokens(source);
  // With one string too many, code would be taken for text and text for code.
  if (unclosedAt !== undefined) {
    found.note(unclosedAt, "unclosed-string");
    return;
  }
  for (const [i, token] of tokens.entries()) {
    const value = assignedValue(tokens, i);
    if (value !== undefined) editValue(value.kind, tokens.slice(value.from, value.to), found);
    if (token.kind !== "string" || isDocstring(tokens, i)) continue;
    if (token.isFormatted) {
      if (/local-tinyllama/i.test(token.text)) found.note(token.start, "f-string");
      continue;
    }
    for (const { start, end } of oldIds(token.text))
      found.edit(token.textStart + start, token.textStart + end, NEW_SETTINGS.id, WHY.id);
  }
  editPythonEndpoints(tokens, found);
}

/** The tokens [from, to) that are assigned to the setting which the token at `i` names. */
function assignedValue(
  tokens: readonly PythonToken[],
  i: number,
): { kind: SettingKind; from: number; to: number } | undefined {
  const token = tokens[i]!;
  if ((token.kind !== "name" && token.kind !== "string") || token.isFormatted) return undefined;
  const kind = settingOf(token.text);
  if (kind === undefined) return undefined;
  const from = token.kind === "name" ? behindName(tokens, i) : behindString(tokens, i);
  return from === undefined ? undefined : { kind, from, to: endOfValue(tokens, from) };
}

/** NAME = …, NAME: type = …, f(NAME=…). */
function behindName(tokens: readonly PythonToken[], i: number): number | undefined {
  const next = tokens[i + 1]?.text;
  if (next === "=" || next === ":=") return i + 2;
  const before = tokens[i - 1];
  const opensLine =
    before === undefined || before.kind === "newline" || before.text === ";" || before.text === ":";
  if (next !== ":" || !opensLine) return undefined;
  const end = endOfValue(tokens, i + 2);
  for (let at = i + 2, depth = 0; at < end; at++) {
    depth += depthChange(tokens[at]!);
    if (depth === 0 && tokens[at]!.text === "=") return at + 1;
  }
  return undefined;
}

/** {"NAME": …}, environ.get("NAME", …), environ["NAME"] = … */
function behindString(tokens: readonly PythonToken[], i: number): number | undefined {
  const next = tokens[i + 1];
  if (next?.kind !== "operator") return undefined;
  if (next.text === ":" || next.text === ",") return i + 2;
  return next.text === "]" && tokens[i + 2]?.text === "=" ? i + 3 : undefined;
}

/** A value is not longer; looking for its end stays linear in the file's length. */
const MOST_TOKENS = 500;

function endOfValue(tokens: readonly PythonToken[], from: number): number {
  let depth = 0;
  const last = Math.min(tokens.length, from + MOST_TOKENS);
  for (let at = from; at < last; at++) {
    const token = tokens[at]!;
    if (
      depth === 0 &&
      (token.kind === "newline" || (token.kind === "operator" && /^[,;)\]}]$/.test(token.text)))
    )
      return at;
    depth += depthChange(token);
  }
  return last;
}

function depthChange({ kind, text }: PythonToken): number {
  if (kind !== "operator") return 0;
  return "([{".includes(text) ? 1 : ")]}".includes(text) ? -1 : 0;
}

function editValue(kind: SettingKind, value: readonly PythonToken[], found: FindingCollector): void {
  const literals = value.filter((token) => token.kind === "string" || token.kind === "number");
  // int("2048") is a number alone as well.
  const isAlone = literals.length === 1 && (value.length === 1 || value[0]!.text === "int");
  let isKnown = false;
  for (const token of literals) {
    const start = token.textStart;
    const end = start + token.text.length;
    if (kind === "context") {
      isKnown ||= isAlone;
      if (!isOldContext(token.text, isAlone)) continue;
      isKnown = true;
      found.edit(start, end, String(NEW_SETTINGS.context), WHY.context);
    } else if (token.kind === "string") {
      const after = newModelName(kind, token.text);
      const isOld = /tinyllama/i.test(token.text);
      if (isOld && token.isFormatted) found.note(token.start, "f-string");
      else if (isOld && isPartOfValue(value, token)) found.note(token.start, "joined-string");
      else if (after !== undefined) found.edit(start, end, after, WHY[kind]);
      else noteOtherModel(token.text, token.start, found);
    }
  }
  if (kind === "context" && !isKnown && value.some(({ kind }) => kind === "number"))
    found.note(value[0]!.start, "computed-context");
}

/** Whether a string stands beside another one, or is added to it: then each holds a part of the value only. */
function isPartOfValue(value: readonly PythonToken[], token: PythonToken): boolean {
  const at = value.indexOf(token);
  return [value[at - 1], value[at + 1]].some((other) => other?.kind === "string" || other?.text === "+");
}

/** A string that is a statement of its own says something to people. */
function isDocstring(tokens: readonly PythonToken[], i: number): boolean {
  const before = tokens[i - 1];
  const after = tokens[i + 1];
  return (
    (before === undefined || before.kind === "newline") && (after === undefined || after.kind === "newline")
  );
}
