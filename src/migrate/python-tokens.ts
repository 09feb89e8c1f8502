/**
 * Python's tokens as far as settings need them: names, strings with their quotes, numbers, brackets and the ends of logical lines.
 * Follows docs.python.org/3/reference/lexical_analysis.html; comments are left out.
 */

export interface PythonToken {
  readonly kind: "name" | "string" | "number" | "operator" | "newline";
  readonly start: number;
  readonly end: number;
  /** The token, of a string what stands between the quotes. */
  readonly text: string;
  /** Position of `text`: for a string behind prefix and quotes. */
  readonly textStart: number;
  /** An f-string or t-string: part of its text is code. */
  readonly isFormatted: boolean;
}

export interface PythonTokens {
  readonly tokens: readonly PythonToken[];
  /** Where a string begins that never ends; what follows is not known then. */
  readonly unclosedAt: number | undefined;
}

const STRING_START = /(?:[rbuft]|rb|br|fr|rf|tr|rt)?("""|'''|"|')/iy;
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy;
const NUMBER = /0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?j?/iy;
const OPERATOR = /==|!=|<=|>=|:=|->|\*\*|\/\/|[+\-*/%@&|^]=|[^\s]/y;
const BLANK = /[ \t\f\ufeff]+|\\\r?\n|#[^\n]*/y;

export function readPythonTokens(source: string): PythonTokens {
  const tokens: PythonToken[] = [];
  let depth = 0;
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const push = (
    kind: PythonToken["kind"],
    end: number,
    text: string,
    textStart: number,
    isFormatted = false,
  ) => {
    tokens.push({ kind, start: at, end, text, textStart, isFormatted });
    at = end;
  };
  while (at < source.length) {
    const blank = match(BLANK);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const character = source[at]!;
    if (character === "\n" || character === "\r") {
      // Inside of brackets a line's end means nothing.
      if (depth === 0 && tokens.at(-1)?.kind !== "newline") push("newline", at + 1, "\n", at);
      else at++;
      continue;
    }
    const opening = match(STRING_START);
    if (opening !== null) {
      const textStart = at + opening[0].length;
      const quote = opening[1]!;
      const close = closingQuote(source, textStart, quote);
      if (close === undefined && quote.length === 3) return { tokens, unclosedAt: at };
      if (close === undefined) {
        // A slip, or a quote inside of an f-string: the line is not ours, the next one may be.
        const lineEnd = source.indexOf("\n", at);
        at = lineEnd === -1 ? source.length : lineEnd;
        continue;
      }
      push(
        "string",
        close + quote.length,
        source.slice(textStart, close),
        textStart,
        /[ft]/i.test(opening[0]),
      );
      continue;
    }
    const word = match(NAME);
    const number = word === null ? match(NUMBER) : null;
    const text = word?.[0] ?? number?.[0] ?? match(OPERATOR)?.[0] ?? character;
    if ("([{".includes(text)) depth++;
    else if (")]}".includes(text)) depth = Math.max(0, depth - 1);
    push(word ? "name" : number ? "number" : "operator", at + text.length, text, at);
  }
  return { tokens, unclosedAt: undefined };
}

/** Where the closing quote begins. A backslash guards the next character, also in raw strings. */
function closingQuote(source: string, from: number, quote: string): number | undefined {
  for (let at = from; at < source.length; at++) {
    const character = source[at]!;
    if (character === "\\") at += source.startsWith("\r\n", at + 1) ? 2 : 1;
    else if (source.startsWith(quote, at)) return at;
    else if (quote.length === 1 && character === "\n") return undefined;
  }
  return undefined;
}
