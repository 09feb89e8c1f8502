/**
 * Perplexity of a text in windows that overlap, so that every token but the first few is predicted from at least
 * half a window (the strided form of Hugging Face's guide "Perplexity of fixed-length models").
 */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { spreadOf } from "../spread.ts";
import { studentQuantile } from "../student-quantile.ts";

export interface PerplexityOptions {
  /** Tokens of a window. @default 512 or the model's context */
  readonly window?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Tokens scored so far, and in all. */
  readonly onTokens?: ((done: number, total: number) => void) | undefined;
}

/** How surprised a model is by a text. */
export interface Perplexity {
  /** Tokens that were scored. */
  readonly tokens: number;
  /** Bytes of their text, UTF-8. */
  readonly bytes: number;
  readonly window: number;
  readonly stride: number;
  /** exp of the mean surprise; 95 % interval over blocks. Compare only models of one tokenizer by it. */
  readonly perplexity: number;
  readonly low: number;
  readonly high: number;
  /** Independent of the tokenizer. */
  readonly bitsPerByte: number;
  /** Mean surprise of each block in nats; blocks of two models of one tokenizer pair up. */
  readonly blocks: readonly number[];
}

/** A perplexity relative to another one's on the same text, paired block by block. */
export interface PerplexityRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const DEFAULT_WINDOW = 512;
/** Longer texts are cut: an interval is narrow long before. */
export const MOST_TOKENS = 16_384;
/** Neighbouring tokens are easy or hard together, so the interval is over means of so many. */
const BLOCK_TOKENS = 64;
const MOST_BLOCKS = 64;
const FEWEST_BLOCKS = 4;

/**
 * Measures the perplexity of a text.
 * @throws DATA_UNAVAILABLE for a text too short for an interval, CANCELLED
 */
export async function measurePerplexity(
  model: LanguageModel,
  text: string,
  { window = DEFAULT_WINDOW, signal, onTokens }: PerplexityOptions = {},
): Promise<Perplexity> {
  const { bos, context } = model.info;
  const ids = (await model.tokenize(text)).slice(0, MOST_TOKENS);
  if (ids.length < FEWEST_BLOCKS * BLOCK_TOKENS)
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The text has ${ids.length} tokens; at least ${FEWEST_BLOCKS * BLOCK_TOKENS} make an interval.`,
      { hint: "Give a longer --text." },
    );
  const start = bos === undefined ? [] : [bos];
  const size = Math.min(window, context) - start.length;
  const stride = Math.max(1, Math.floor(size / 2));
  const surprises: number[] = [];
  let bytes = 0;
  for (let at = 0; at < ids.length; at += stride) {
    const from = Math.max(0, at - (size - stride));
    const end = Math.min(ids.length, at + stride);
    const scores = await model.score([...start, ...ids.slice(from, end)], { signal });
    for (let place = at; place < end; place++) {
      const logp = scores[start.length + place - from]!;
      // Without a beginning of sequence the very first token is predicted from nothing.
      if (Number.isNaN(logp)) continue;
      surprises.push(-logp);
      bytes += model.tokenBytes(ids[place]!).length;
    }
    onTokens?.(end, ids.length);
  }
  return { ...summarise(surprises, bytes), bytes, window: size + start.length, stride };
}

/** The figures of surprises in nats. @param surprises enough for several blocks */
export function summarise(
  surprises: readonly number[],
  bytes: number,
): Pick<Perplexity, "tokens" | "perplexity" | "low" | "high" | "bitsPerByte" | "blocks"> {
  const blocks = blockMeans(surprises);
  const total = surprises.reduce((sum, value) => sum + value, 0);
  const mean = total / surprises.length;
  const half = halfWidth(blocks);
  return {
    tokens: surprises.length,
    perplexity: Math.exp(mean),
    low: Math.exp(mean - half),
    high: Math.exp(mean + half),
    bitsPerByte: total / Math.LN2 / bytes,
    blocks,
  };
}

/**
 * How much more perplexed than another model of the same tokenizer. Most of a text's difficulty is common to both
 * and cancels block by block, so this interval is far narrower than those of the two perplexities.
 * @returns undefined if the blocks do not pair up
 */
export function perplexityRatio(
  own: Pick<Perplexity, "blocks" | "tokens">,
  other: Pick<Perplexity, "blocks" | "tokens">,
): PerplexityRatio | undefined {
  if (own.tokens !== other.tokens || own.blocks.length !== other.blocks.length) return undefined;
  const differences = own.blocks.map((block, index) => block - other.blocks[index]!);
  const { mean } = spreadOf(differences);
  const half = halfWidth(differences);
  return { ratio: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
}

/** Means over blocks of equal length; what is left at the end belongs to the last one. */
function blockMeans(values: readonly number[]): number[] {
  const count = Math.max(1, Math.min(MOST_BLOCKS, Math.floor(values.length / BLOCK_TOKENS)));
  const length = Math.floor(values.length / count);
  return Array.from({ length: count }, (_, index) => {
    const block = values.slice(index * length, index === count - 1 ? values.length : (index + 1) * length);
    return block.reduce((sum, value) => sum + value, 0) / block.length;
  });
}

/** Half of Student's 95 % interval of the mean. */
function halfWidth(values: readonly number[]): number {
  const { deviation, runs } = spreadOf(values);
  if (deviation === undefined) return Number.POSITIVE_INFINITY;
  return (studentQuantile(runs - 1) * deviation) / Math.sqrt(runs);
}
