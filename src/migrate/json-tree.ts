/**
 * JSON with the positions of its values, as people write it by hand: // and # and block comments, trailing
 * commas and single quotes pass. Nothing is decoded, so that a change can be a span of the source.
 */

export interface JsonScalar {
  readonly kind: "string" | "number" | "word";
  /** Between the quotes of a string; of others the value itself. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface JsonEntry {
  readonly key: JsonScalar;
  readonly value: JsonNode;
}

/** From the bracket that opens to behind the one that closes. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

export type JsonNode =
  | JsonScalar
  | (JsonSpan & { readonly kind: "object"; readonly entries: readonly JsonEntry[] })
  | (JsonSpan & { readonly kind: "array"; readonly items: readonly JsonNode[] });

/** Settings are not deeper; a file that is would exhaust the stack. */
const DEEPEST = 200;
const BLANK = /(?:[\s\ufeff]+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const WORD = /[^\s,:[\]{}"'#/]+/y;

/**
 * Reads the value that begins at `from`.
 * @returns undefined when the text is no JSON there
 */
export function readJsonTree(source: string, from = 0): { root: JsonNode; end: number } | undefined {
  let at = from;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at += found[0].length;
    return found;
  };
  const isNext = (character: string) => {
    match(BLANK);
    if (source[at] !== character) return false;
    at++;
    return true;
  };

  function scalar(): JsonScalar | undefined {
    match(BLANK);
    const start = at;
    const quoted = match(STRING);
    if (quoted !== null)
      return { kind: "string", start: start + 1, end: at - 1, text: quoted[1] ?? quoted[2] ?? "" };
    const text = match(WORD)?.[0];
    if (text === undefined) return undefined;
    return { kind: /^[-+.\d]/.test(text) ? "number" : "word", start, end: at, text };
  }

  function node(depth: number): JsonNode | undefined {
    if (depth > DEEPEST) return undefined;
    if (isNext("{")) return object(depth, at - 1);
    if (isNext("[")) return array(depth, at - 1);
    return scalar();
  }

  function object(depth: number, start: number): JsonNode | undefined {
    const entries: JsonEntry[] = [];
    for (;;) {
      if (isNext("}")) return { kind: "object", entries, start, end: at };
      const key = scalar();
      const value = key && isNext(":") ? node(depth + 1) : undefined;
      if (key === undefined || value === undefined) return undefined;
      entries.push({ key, value });
      if (!isNext(",")) return isNext("}") ? { kind: "object", entries, start, end: at } : undefined;
    }
  }

  function array(depth: number, start: number): JsonNode | undefined {
    const items: JsonNode[] = [];
    for (;;) {
      if (isNext("]")) return { kind: "array", items, start, end: at };
      const item = node(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      if (!isNext(",")) return isNext("]") ? { kind: "array", items, start, end: at } : undefined;
    }
  }

  const root = node(0);
  match(BLANK);
  return root && { root, end: at };
}
