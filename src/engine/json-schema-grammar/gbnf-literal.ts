/** Fixed texts in GBNF. */

/** A quoted GBNF string; what is not printable ASCII is escaped, so the grammar itself is ASCII. */
export function quote(text: string): string {
  const escaped = Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === "\\") return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    const hex = code.toString(16).toUpperCase();
    return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
  return `"${escaped.join("")}"`;
}

/**
 * Texts by what they have in common: llama.cpp keeps one stack for each alternative, and a flat list of 1,000
 * would keep 1,000 as long as they agree.
 */
interface Trie {
  readonly common: string;
  /** One of the texts is `common` and no more. */
  readonly ends: boolean;
  readonly branches: readonly Trie[];
}

/** GBNF for exactly these texts, at least one. */
export function oneOfTexts(texts: readonly string[]): string {
  return print(trieOf(texts));
}

/** How many of these texts can differ at one and the same character. */
export function textsApart(texts: readonly string[]): number {
  return texts.length === 0 ? 0 : width(trieOf(texts));
}

function print({ common, ends, branches }: Trie): string {
  if (branches.length === 0) return quote(common);
  const tails = `(${branches.map(print).join(" | ")})${ends ? "?" : ""}`;
  return common ? `${quote(common)} ${tails}` : tails;
}

function width({ ends, branches }: Trie): number {
  return Math.max(branches.length + Number(ends), ...branches.map(width));
}

function trieOf(texts: readonly string[]): Trie {
  return branch([...new Set(texts)].map((text) => Array.from(text)).sort(compareTexts), 0);
}

type Characters = readonly string[];

/** The sorted texts from `start` on, where all before is the same. */
function branch(texts: readonly Characters[], start: number): Trie {
  const [first, last] = [texts[0]!, texts.at(-1)!];
  if (texts.length === 1) return { common: first.slice(start).join(""), ends: true, branches: [] };
  let end = start;
  while (end < first.length && first[end] === last[end]) end++;
  const ends = first.length === end;
  const groups: Characters[][] = [];
  for (const text of ends ? texts.slice(1) : texts) {
    const group = groups.at(-1);
    if (group && group[0]![end] === text[end]) group.push(text);
    else groups.push([text]);
  }
  return {
    common: first.slice(start, end).join(""),
    ends,
    branches: groups.map((group) => branch(group, end)),
  };
}

/** By code point, so that texts with a common beginning stand together, the shortest first. */
function compareTexts(a: Characters, b: Characters): number {
  for (let index = 0; index < a.length && index < b.length; index++)
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  return a.length - b.length;
}
