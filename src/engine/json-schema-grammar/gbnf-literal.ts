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
 * One of several texts, as a trie: llama.cpp keeps one stack for each alternative, and a flat list of 1,000
 * would keep 1,000 through everything they have in common.
 * @param texts At least one.
 */
export function oneOfTexts(texts: readonly string[]): string {
  return branch([...new Set(texts)].map((text) => Array.from(text)).sort(compareTexts), 0);
}

type Characters = readonly string[];

/** The texts, sorted, from `start` on, where all before is the same. */
function branch(texts: readonly Characters[], start: number): string {
  const [first, last] = [texts[0]!, texts.at(-1)!];
  let end = start;
  while (end < first.length && first[end] === last[end]) end++;
  const common = first.slice(start, end).join("");
  if (texts.length === 1) return quote(common);
  const endsHere = first.length === end;
  const groups: Characters[][] = [];
  for (const text of endsHere ? texts.slice(1) : texts) {
    const group = groups.at(-1);
    if (group && group[0]![end] === text[end]) group.push(text);
    else groups.push([text]);
  }
  const tails = `(${groups.map((group) => branch(group, end)).join(" | ")})${endsHere ? "?" : ""}`;
  return common ? `${quote(common)} ${tails}` : tails;
}

/** By code point, so that texts with a common beginning stand together, the shortest first. */
function compareTexts(a: Characters, b: Characters): number {
  for (let index = 0; index < a.length && index < b.length; index++)
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  return a.length - b.length;
}
