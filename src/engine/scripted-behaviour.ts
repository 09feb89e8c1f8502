/** What a scripted model wants to say: it copies the token in the nearest quotes, closes them and ends. */

import type { ScriptedToken } from "./scripted-vocabulary.ts";

/** Characters that open and close a quotation; the plain quotes do both. */
const QUOTES: Readonly<Record<string, string>> = { "«": "»", "'": "'", '"': '"' };

/** FNV-1a over ids; 32 bits. */
export function hashIds(ids: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193);
  return hash >>> 0;
}

/**
 * The default rule of what a sequence asks for:
 * after an opening quote the single token last seen between such quotes, after that token the closing quote,
 * after a copied and closed quotation the end, after "=" the token before it. Undefined elsewhere.
 */
export function copyQuoted(
  tokens: readonly ScriptedToken[],
  eos: number | undefined,
): (sequence: readonly number[]) => number | undefined {
  const find = (text: string) => tokens.findIndex((token) => token.text === text && !token.bytes);
  const closers = new Map(
    Object.entries(QUOTES)
      .map(([open, close]) => [find(open), find(close)] as const)
      .filter(([open, close]) => open >= 0 && close >= 0),
  );
  const equals = [find("="), find(" =")].filter((id) => id >= 0);

  /** The token between the last quotes of this kind that begin before `end`. */
  const lastQuoted = (sequence: readonly number[], open: number, end: number) => {
    for (let at = end - 3; at >= 0; at--)
      if (sequence[at] === open && sequence[at + 2] === closers.get(open)) return sequence[at + 1];
    return undefined;
  };

  return (sequence) => {
    const { length } = sequence;
    const [beforeLast = -1, last = -1] = sequence.slice(-2);
    const open = sequence[length - 3] ?? -1;
    if (closers.get(open) === last && lastQuoted(sequence, open, length - 3) === beforeLast) return eos;
    if (closers.has(beforeLast) && lastQuoted(sequence, beforeLast, length - 2) === last)
      return closers.get(beforeLast);
    if (closers.has(last)) return lastQuoted(sequence, last, length - 1);
    return equals.includes(last) ? beforeLast : undefined;
  };
}

/** What a scripted model is told to do; see ScriptedModelOptions. */
export interface ScriptedBehaviour {
  readonly expected: (sequence: readonly number[]) => number | undefined;
  readonly fails: (sequence: readonly number[], expected: number) => boolean;
  readonly confidence: ((sequence: readonly number[], expected: number | undefined) => number) | undefined;
}

/**
 * The logits after a sequence: noise that depends on the sequence, and one token that stands out with exactly
 * the wanted probability. A token never trained is less probable than chance, as in trained models.
 * @returns a function from a sequence to logits [vocabulary]
 */
export function createScriptedLogits(
  vocabulary: number,
  { expected, fails, confidence }: ScriptedBehaviour,
): (sequence: readonly number[]) => Float64Array {
  const lnSuppressed = Math.log(1e-4);
  return (sequence) => {
    const context = hashIds(sequence);
    const logits = new Float64Array(vocabulary);
    for (let id = 0; id < vocabulary; id++) logits[id] = -4 * hashUnit(context, id);
    const wanted = expected(sequence);
    const failed = wanted !== undefined && fails(sequence, wanted);
    let argmax = wanted ?? context % vocabulary;
    if (failed) {
      argmax = (argmax + 1 + (context % (vocabulary - 1))) % vocabulary;
      logits[wanted]! += lnSuppressed;
    }
    let rest = 0;
    for (let id = 0; id < vocabulary; id++) if (id !== argmax) rest += Math.exp(logits[id]!);
    const usual = failed || wanted === undefined ? 0.4 : 0.985 + 0.01 * hashUnit(context, -1);
    const mass = confidence?.(sequence, wanted) ?? usual;
    logits[argmax] = Math.log(mass / (1 - mass)) + Math.log(rest);
    return logits;
  };
}

/** A repeatable number in [0, 1) for a context and an id. */
function hashUnit(context: number, id: number): number {
  let hash = Math.imul(context ^ Math.imul(id + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
