/**
 * Counts what a text is made of, in one pass over its code units and without a regular expression, so that no
 * text costs more than its length.
 *
 * Other languages: figures of characters, digits, code, lists and question marks mean the same in all. Words are
 * counted where a script divides them by spaces; Chinese, Japanese, Thai and their like count as letters only, so
 * their sentences are not taken for endless rare words. Reasoning words are those of word-lists.ts: in a language
 * that it lacks the count is 0, and `otherScript` stands in for it where the alphabet is another.
 */

import { LONGEST_REASONING_WORD, REASONING_WORDS } from "./word-lists.ts";

/** Counts, not shares. */
export interface TextCounts {
  readonly characters: number;
  readonly letters: number;
  /** Letters that are not Latin. */
  readonly otherLetters: number;
  readonly digits: number;
  /** Characters within fences, or on lines that end as lines of code do. */
  readonly code: number;
  readonly words: number;
  readonly rareWords: number;
  readonly questions: number;
  readonly reasoning: number;
  /** Lines that begin as items of a list do. */
  readonly asks: number;
}

/** Everyday words are shorter. German and its like join words, so their shares are higher for equal texts. */
const LONG_WORD = 10;

/** Kinds of code units. */
const OTHER = 1;
const LATIN = 2;
const SPACED_LETTER = 3;
const UNSPACED_LETTER = 4;
const DIGIT = 5;

/** Kind of each code unit, found when first met. */
const kinds = new Uint8Array(0x10000);

/** Scripts that put no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Scans a text. */
export function scanText(text: string): TextCounts {
  const counts = {
    letters: 0,
    otherLetters: 0,
    digits: 0,
    words: 0,
    rareWords: 0,
    questions: 0,
    reasoning: 0,
  };
  let wordStart = -1;
  let wasLower = false;
  let isMixed = false;
  let wordDigits = 0;
  const endWord = (end: number) => {
    if (wordStart < 0) return;
    const length = end - wordStart;
    // Bare numbers are digits, not words.
    if (wordDigits < length) {
      counts.words++;
      if (length >= LONG_WORD || isMixed || wordDigits > 0) counts.rareWords++;
      if (length <= LONGEST_REASONING_WORD && REASONING_WORDS.has(text.slice(wordStart, end).toLowerCase()))
        counts.reasoning++;
    }
    wordStart = -1;
  };
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const kind = kindOf(unit);
    if (kind === DIGIT) counts.digits++;
    else if (kind !== OTHER) {
      counts.letters++;
      if (kind !== LATIN) counts.otherLetters++;
    }
    if (kind === OTHER || kind === UNSPACED_LETTER) {
      endWord(at);
      if (isQuestion(unit) && !isQuestion(text.charCodeAt(at - 1))) counts.questions++;
      continue;
    }
    if (wordStart < 0) [wordStart, wasLower, isMixed, wordDigits] = [at, false, false, 0];
    if (kind === DIGIT) wordDigits++;
    // A capital after a small letter: the name of something in a program.
    const isCapital = unit >= 65 && unit <= 90;
    if (isCapital && wasLower) isMixed = true;
    wasLower = unit >= 97 && unit <= 122;
  }
  endWord(text.length);
  return { characters: text.length, ...counts, ...scanLines(text) };
}

function kindOf(unit: number): number {
  const known = kinds[unit]!;
  if (known !== 0) return known;
  const character = String.fromCharCode(unit);
  let kind = OTHER;
  if (/\p{Nd}/u.test(character)) kind = DIGIT;
  else if (UNSPACED.test(character)) kind = UNSPACED_LETTER;
  else if (/[\p{Script=Latin}_]/u.test(character)) kind = LATIN;
  else if (/[\p{L}\p{M}]/u.test(character)) kind = SPACED_LETTER;
  kinds[unit] = kind;
  return kind;
}

/** "?", its Arabic, Greek and full-width forms. */
function isQuestion(unit: number): boolean {
  return unit === 0x3f || unit === 0x61f || unit === 0x37e || unit === 0xff1f;
}

function scanLines(text: string): { code: number; asks: number } {
  let code = 0;
  let asks = 0;
  let isFenced = false;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const first = skipSpaces(text, start, end);
    if (text.startsWith("```", first)) isFenced = !isFenced;
    else if (isFenced || endsAsCode(text, first, end)) code += end - start;
    else if (beginsItem(text, first, end)) asks++;
    start = end + 1;
  }
  return { code, asks };
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text[at] === " " || text[at] === "\t")) at++;
  return at;
}

function endsAsCode(text: string, first: number, end: number): boolean {
  let last = end - 1;
  while (last > first && (text[last] === " " || text[last] === "\r")) last--;
  return last > first && (text[last] === ";" || text[last] === "{" || text[last] === "}");
}

/** "- ", "* ", "• ", "1. ", "2) ". */
function beginsItem(text: string, first: number, end: number): boolean {
  let at = first;
  // Three digits are as many as a list is long; a year is none.
  while (at < end && at - first < 3 && text[at]! >= "0" && text[at]! <= "9") at++;
  const mark = text[at];
  const isMark = at > first ? mark === "." || mark === ")" : mark === "-" || mark === "*" || mark === "•";
  return isMark && text[at + 1] === " ";
}
