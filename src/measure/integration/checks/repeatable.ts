/** The same request gives the same bytes, another seed another text. */

import type { LanguageModel } from "../../../engine/index.ts";
import { type Answer, answerTo, chatIds, repeatWord } from "../ask.ts";
import type { Finding, IntegrationCheck } from "../check.ts";
import { deriveSeed } from "../draw.ts";
import { SAYINGS, WORDS } from "../samples.ts";

/** Long enough that two draws do not agree by chance, as an answer of one word would. */
const TOKENS = 24;

/**
 * The second run finds its prompt in the cache, so another share of the work is done in one batch and logits differ in
 * their last bits. Tokens whose ln p differ by less than this may change places (measured on random schedules: 0.003).
 */
const TIE = 0.02;

export const repeatableCheck: IntegrationCheck = {
  id: "repeatable",
  asks: "whether greedy answers are the same twice, and two seeds give two texts",
  run: async ({ model, draw, seed, signal }) => {
    const words = draw("words", WORDS);
    let ties = 0;
    for (const word of words) {
      const request = {
        prompt: await chatIds(model, repeatWord(word)),
        maxTokens: TOKENS,
        logprobs: 2,
        signal,
      };
      const first = await answerTo(model, request);
      const second = await answerTo(model, request);
      const margin = marginOfDifference(first, second);
      if (margin === undefined) continue;
      if (margin > TIE)
        return fail(`Two greedy answers differ where the best token is ahead by ${margin.toFixed(2)} nats`);
      ties++;
    }
    const [begin] = draw("sayings", SAYINGS)[0]!;
    const prompt = await model.tokenize(begin, { bos: true });
    const samples = await Promise.all(
      ["first", "first", "second"].map((name) => sampleOf(model, prompt, deriveSeed(seed, name), signal)),
    );
    const [one, again, other] = samples.map(({ text }) => text);
    const figures = { greedy: words.length, ties, sameSeedSame: one === again, seedsDiffer: one !== other };
    if (one === other) return fail("Two seeds give the same text at temperature 1", figures);
    const tied = ties === 0 ? "" : ` (${ties} but for a tie of two tokens)`;
    const same = one === again ? "; one seed gives its text again" : "";
    return {
      status: "ok",
      message: `${words.length} of ${words.length} greedy answers are the same twice${tied}; two seeds give two texts at temperature 1${same}`,
      figures,
    };
  },
};

function sampleOf(
  model: LanguageModel,
  prompt: readonly number[],
  seed: number,
  signal: AbortSignal,
): Promise<Answer> {
  return answerTo(model, { prompt, maxTokens: TOKENS, temperature: 1, ignoreEos: true, seed, signal });
}

/** By how much the first answer preferred its token where the second has another; undefined if they are equal. */
function marginOfDifference(first: Answer, second: Answer): number | undefined {
  const at = first.ids.findIndex((id, index) => id !== second.ids[index]);
  if (at < 0) return first.ids.length === second.ids.length ? undefined : Number.POSITIVE_INFINITY;
  const [best, next] = first.top[at] ?? [];
  return best && next ? Math.log(best.p / next.p) : Number.POSITIVE_INFINITY;
}

function fail(message: string, figures?: Finding["figures"]): Finding {
  return {
    status: "fail",
    message,
    hint: "Try one thread and no GPU (--threads 1 --gpu off); if it stays, this is a fault to be reported.",
    ...(figures && { figures }),
  };
}
