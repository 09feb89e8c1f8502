/** Tokens as OpenAI's protocol shows them: a text, and the bytes for those who want to join pieces of characters. */

import type { LanguageModel } from "../../engine/index.ts";

/** What stands for a probability of 0, as JSON has no -Infinity: the value that OpenAI documents for it. */
export const LEAST_LOGPROB = -9999;

export interface TokenText {
  readonly token: string;
  /** null for a control token, which stands for no bytes. */
  readonly bytes: number[] | null;
}

/** Names tokens of one model, each looked up once. */
export type TokenNames = (id: number) => Promise<TokenText>;

/** @param model its text and bytes are taken */
export function tokenNames(model: Pick<LanguageModel, "tokenBytes" | "detokenize">): TokenNames {
  const known = new Map<number, TokenText>();
  return async (id) => {
    const found = known.get(id);
    if (found) return found;
    const bytes = model.tokenBytes(id);
    const named =
      bytes.length > 0
        ? { token: bytesText(bytes), bytes: [...bytes] }
        : { token: await model.detokenize([id], { special: true }), bytes: null };
    known.set(id, named);
    return named;
  };
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text, or where it is a piece of a character what OpenAI writes for one: `bytes:\xe2\x9c`. */
function bytesText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return `bytes:${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
  }
}

/** ln p that JSON can hold. */
export function finiteLogprob(logprob: number | undefined): number {
  return logprob === undefined || !(logprob > LEAST_LOGPROB) ? LEAST_LOGPROB : logprob;
}

/** From a probability. */
export const logprobOf = (p: number): number => finiteLogprob(Math.log(p));
