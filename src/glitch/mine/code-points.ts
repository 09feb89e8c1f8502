/** What the characters of a text are: scripts, categories, and the groups that a mine can be confined to. */

/** Scripts with a share of real vocabularies; a text of any other is "other". */
const SCRIPTS = [
  "Latin",
  "Greek",
  "Cyrillic",
  "Armenian",
  "Georgian",
  "Hebrew",
  "Arabic",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Thai",
  "Lao",
  "Tibetan",
  "Myanmar",
  "Khmer",
  "Ethiopic",
  "Mongolian",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
] as const;

const SCRIPT_PATTERNS = SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, "u")] as const);

/**
 * Script of the first character beyond ASCII: "Latin", "Cyrillic" …, else "emoji", "punctuation", "symbol" or
 * "other". Undefined for a text of ASCII alone.
 */
export function scriptOf(text: string): string | undefined {
  const first = [...text].find((character) => character.codePointAt(0)! > 0x7f);
  if (first === undefined) return undefined;
  const script = SCRIPT_PATTERNS.find(([, pattern]) => pattern.test(first))?.[0];
  if (script) return script;
  if (/\p{Extended_Pictographic}/u.test(first)) return "emoji";
  if (/\p{P}/u.test(first)) return "punctuation";
  return /\p{S}/u.test(first) ? "symbol" : "other";
}

/** Unicode's general categories, each with its letter. */
const CATEGORIES = ["L", "M", "N", "P", "S", "Z", "C"].map(
  (letter) => [letter, new RegExp(`\\p{${letter}}`, "u")] as const,
);

/** The commonest general category of a text's characters, of equals the first; blank texts are "Z". */
export function categoryOf(text: string): string {
  const characters = [...text.trim()];
  if (characters.length === 0) return "Z";
  const counts = new Map<string, number>();
  for (const character of characters) {
    const category = CATEGORIES.find(([, pattern]) => pattern.test(character))?.[0] ?? "C";
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** glitcher's groups: a text belongs if one of its characters does; whitespace if all are blank. */
export const CATEGORY_GROUPS = {
  cjk: (text: string) =>
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text),
  arabic: (text: string) => /\p{Script=Arabic}/u.test(text),
  cyrillic: (text: string) => /\p{Script=Cyrillic}/u.test(text),
  // The blocks of general and of CJK punctuation: ASCII's own is in every vocabulary's best trained part.
  punctuation: (text: string) => /[\u2000-\u206f\u3000-\u303f]/u.test(text),
  whitespace: (text: string) => /^\s+$/u.test(text),
} as const;

export type CategoryGroup = keyof typeof CATEGORY_GROUPS;
