/** The decimal digits of all integers in a range, exactly. */

import { quote } from "./gbnf-literal.ts";

/**
 * GBNF for the integers from min to max, both included, without leading zeros and without "-0".
 * @param min At most max.
 */
export function integerRange(min: bigint, max: bigint): string {
  const alternatives: string[] = [];
  if (min < 0n) {
    const nearest = max < 0n ? -max : 1n;
    alternatives.push(`"-" (${magnitudes(nearest, -min).join(" | ")})`);
  }
  if (max >= 0n) alternatives.push(...magnitudes(min > 0n ? min : 0n, max));
  return alternatives.join(" | ");
}

/** Alternatives for 0 <= low <= high, one for each run of lengths with the same form. */
function magnitudes(low: bigint, high: bigint): string[] {
  if (low === 0n) return ['"0"', ...(high > 0n ? magnitudes(1n, high) : [])];
  const [first, last] = [String(low), String(high)];
  if (first.length === last.length) return [digits(first, last)];
  const alternatives: string[] = [];
  // Lengths of which every number belongs to the range need no look at single digits.
  const shortest = /^10*$/.test(first) ? first.length : first.length + 1;
  const longest = /^9+$/.test(last) ? last.length : last.length - 1;
  if (shortest > first.length) alternatives.push(digits(first, "9".repeat(first.length)));
  if (shortest <= longest) alternatives.push(`[1-9]${anyDigits(shortest - 1, longest - 1)}`);
  if (longest < last.length) alternatives.push(digits(`1${"0".repeat(last.length - 1)}`, last));
  return alternatives;
}

/** The numbers from low to high, written with the same number of digits. */
function digits(low: string, high: string): string {
  if (low === high) return quote(low);
  const rest = low.length - 1;
  const [from, to] = [Number(low[0]), Number(high[0])];
  if (rest === 0) return digit(from, to);
  if (from === to) return after(from, digits(low.slice(1), high.slice(1)));
  const [zeros, nines] = ["0".repeat(rest), "9".repeat(rest)];
  // First digits that any others may follow: the outermost two only if nothing is cut off there.
  const fromWhole = low.slice(1) === zeros ? from : from + 1;
  const toWhole = high.slice(1) === nines ? to : to - 1;
  const alternatives: string[] = [];
  if (fromWhole > from) alternatives.push(after(from, digits(low.slice(1), nines)));
  if (fromWhole <= toWhole) alternatives.push(`${digit(fromWhole, toWhole)}${anyDigits(rest, rest)}`);
  if (toWhole < to) alternatives.push(after(to, digits(zeros, high.slice(1))));
  return alternatives.join(" | ");
}

function after(first: number, expression: string): string {
  if (/^"\d+"$/.test(expression)) return `"${first}${expression.slice(1)}`;
  return `"${first}" ${expression.includes(" | ") ? `(${expression})` : expression}`;
}

function digit(from: number, to: number): string {
  return from === to ? `"${from}"` : `[${from}-${to}]`;
}

function anyDigits(least: number, most: number): string {
  if (most === 0) return "";
  if (most === 1) return least === 1 ? " [0-9]" : " [0-9]?";
  return ` [0-9]{${least === most ? most : `${least},${most}`}}`;
}
