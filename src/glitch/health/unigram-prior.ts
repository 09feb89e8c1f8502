/**
 * How often the model itself expects each token: its mean chance over every place of texts that the model wrote.
 * Sampled at temperature 1, those texts are what its training text looks like to it, so the mean estimates
 * the token's share of that text without anybody's corpus and without a prompt that favours some field.
 */

import type { LanguageModel } from "../../engine/index.ts";

export interface PriorOptions {
  seed: number;
  /** Texts that the model writes. At most 32, what one generation allows. @default 16 */
  texts?: number;
  /** Tokens of each. @default 32 */
  textTokens?: number;
  signal?: AbortSignal | undefined;
  /** Called with the places read so far and those to come, all together. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Measures the prior: one forward gives the chances of the whole vocabulary, so some five hundred are enough.
 *
 * @returns ln of each id's mean chance, [vocabulary]
 * @throws CANCELLED, MODEL_INVALID and what else the model throws
 */
export async function measurePrior(
  model: LanguageModel,
  { seed, texts = 16, textTokens = 32, signal, onProgress }: PriorOptions,
): Promise<Float64Array> {
  const { bos, eos, context } = model.info;
  // A model without a beginning of sequence starts where a text ended, or on an empty line.
  const start = bos ?? eos ?? (await model.tokenize("\n", { continuation: true }))[0] ?? 0;
  const maxTokens = Math.min(textTokens, context - 1);
  const written = Array.from({ length: texts }, () => [start]);
  const total = texts * (2 * maxTokens + 1);
  let done = 0;
  const generation = { prompt: [start], maxTokens, n: texts, seed, temperature: 1, ignoreEos: true, signal };
  for await (const event of model.generate(generation)) {
    if (event.type !== "token") continue;
    written[event.sample]!.push(event.id);
    onProgress?.(++done, total);
  }
  const chances = new Float64Array(model.info.vocabulary);
  let places = 0;
  for (const text of written)
    for await (const row of model.distributions(text, { signal })) {
      for (let id = 0; id < chances.length; id++) chances[id]! += Math.exp(row[id]!);
      places++;
      onProgress?.(++done, total);
    }
  // A chance that underflows everywhere is as low as numbers go, not minus infinity, which JSON lacks.
  return chances.map((sum) => Math.log(Math.max(sum / places, Number.MIN_VALUE)));
}
