/** Control tokens: a seeded sample that looks like the candidates, to see whether a template works at all. */

import { hash32 } from "../seeded.ts";

const SCRIPTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["latin", /\p{Script=Latin}/u],
  ["cyrillic", /\p{Script=Cyrillic}/u],
  ["greek", /\p{Script=Greek}/u],
  ["east-asian", /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
  ["other-letter", /\p{L}/u],
  ["digit", /\p{N}/u],
  ["blank", /^\s+$/u],
];

/** Script, length and place in the word of a token: what controls have in common with candidates. */
export function stratumOf(text: string): string {
  const script = SCRIPTS.find(([, pattern]) => pattern.test(text))?.[0] ?? "symbol";
  const length = [...text.trim()].length;
  const bucket = length <= 1 ? "1" : length <= 3 ? "2-3" : length <= 6 ? "4-6" : "7+";
  return `${script} ${bucket} ${text.startsWith(" ") ? "initial" : "inner"}`;
}

/**
 * Draws controls from the candidates, each stratum in proportion to its size: systematic sampling over the
 * list sorted by stratum, in seeded order within one. Independent of any ordering by suspicion, so a few of
 * them are glitch tokens too; calibrate() allows for that.
 *
 * @param candidates ids
 * @param textOf exact text of an id
 */
export function drawControls(
  candidates: readonly number[],
  textOf: (id: number) => string,
  count: number,
  seed: number,
): number[] {
  const sorted = candidates
    .map((id) => ({ id, stratum: stratumOf(textOf(id)), key: hash32(seed, "controls", id) }))
    .sort((a, b) => compare(a.stratum, b.stratum) || a.key - b.key || a.id - b.id);
  if (count >= sorted.length) return sorted.map(({ id }) => id);
  const step = sorted.length / count;
  const start = (hash32(seed, "controls-start") / 2 ** 32) * step;
  return Array.from({ length: count }, (_, i) => sorted[Math.floor(start + i * step)]!.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
