/** The next token after raw text and after a chat: whole distributions, held against the probes. */

import type { LanguageModel, TokenChance } from "../../../engine/index.ts";
import { chatIds } from "../ask.ts";
import type { Finding, IntegrationCheck } from "../check.ts";
import { SAYINGS } from "../samples.ts";
import type { IntegrationSession } from "../session.ts";
import { percent, shownToken } from "../words.ts";

/** Σp may be off by this much: 32-bit logs of some ten nats over a vocabulary of a hundred thousand. */
export const SUM_TOLERANCE = 1e-3;
/** The two ways of reading the same prompt batch it differently; p of the best token may move by this. */
const PATH_TOLERANCE = 0.02;
/** An expected word counts as known within so many places. */
const TOP = 10;

export const rawPredictionCheck: IntegrationCheck = {
  id: "raw-prediction",
  asks: "next tokens after raw text: probabilities sum to 1, sayings go on as people know them",
  run: (session) => predictAll(session, (model, begin) => model.tokenize(begin, { bos: true })),
};

export const chatPredictionCheck: IntegrationCheck = {
  id: "chat-prediction",
  asks: "the same in the chat template, within an answer that has begun",
  // Assistants often begin by saying the phrase again; with the beginning given, the next word is known.
  run: (session) =>
    predictAll(session, async (model, begin) => [
      ...(await chatIds(model, `Complete the phrase: ${begin}`)),
      ...(await model.tokenize(` ${begin}`, { continuation: true })),
    ]),
};

type Encode = (model: LanguageModel, begin: string) => Promise<number[]>;

async function predictAll({ model, draw, signal }: IntegrationSession, encode: Encode): Promise<Finding> {
  const sayings = draw("sayings", SAYINGS);
  let worstSum = 0;
  let known = 0;
  let shift = 0;
  let example = "";
  for (const [begin, next] of sayings) {
    const prompt = await encode(model, begin);
    const wanted = await firstIds(model, next);
    const { sum, best, ranks } = await lookAhead(model, prompt, wanted, signal);
    worstSum = Math.max(worstSum, Number.isFinite(sum) ? Math.abs(sum - 1) : Number.POSITIVE_INFINITY);
    const probed = await probeBest(model, prompt, best.id, signal);
    shift = Math.max(shift, Math.abs(probed - best.p));
    if (Math.min(...ranks) <= TOP) known++;
    example ||= `«${begin}» → «${shownToken(model, best.id)}» ${percent(best.p)}`;
  }
  const figures = { prompts: sayings.length, worstSum, known, shift };
  const message = `${known} of ${sayings.length} expected words are among the ${TOP} best; ${example}; Σp is off by at most ${worstSum.toExponential(0)}`;
  if (!(worstSum <= SUM_TOLERANCE))
    return {
      status: "fail",
      message: `Probabilities over the vocabulary do not sum to 1: off by ${worstSum.toExponential(1)}, ${SUM_TOLERANCE} is allowed`,
      hint: "Logits are not numbers or weights are damaged: `assay models verify` looks at them.",
      figures,
    };
  if (!(shift <= PATH_TOLERANCE))
    return {
      status: "fail",
      message: `The same prompt read in two ways gives probabilities that differ by ${shift.toFixed(3)}; ${PATH_TOLERANCE} is allowed`,
      hint: "Try --gpu off; if it stays, this is a fault to be reported.",
      figures,
    };
  if (2 * known >= sayings.length) return { status: "ok", message, figures };
  return {
    status: "warn",
    message,
    hint: "The model does not know common English: little or no training, another language, or a wrong template.",
    figures,
  };
}

/** First tokens of a word, as a new word, as a part of one, and quoted; all count as the word. */
async function firstIds(model: LanguageModel, word: string): Promise<number[]> {
  const spellings = [` ${word}`, word, ` ${word.toLowerCase()}`, word.toLowerCase()];
  const ids = await Promise.all(spellings.map((text) => model.tokenize(text, { continuation: true })));
  return [...new Set(ids.map(([first]) => first!))];
}

interface Outlook {
  /** Σp over the whole vocabulary. */
  readonly sum: number;
  readonly best: TokenChance;
  /** Places of the wanted tokens, from 1. */
  readonly ranks: readonly number[];
}

async function lookAhead(
  model: LanguageModel,
  prompt: readonly number[],
  wanted: readonly number[],
  signal: AbortSignal,
): Promise<Outlook> {
  let last: Float32Array = new Float32Array(0);
  for await (const row of model.distributions(prompt, { signal })) last = row;
  let sum = 0;
  let best = 0;
  for (let id = 0; id < last.length; id++) {
    sum += Math.exp(last[id]!);
    if (last[id]! > last[best]!) best = id;
  }
  const rankOf = (id: number) => last.reduce((rank, log) => (log > last[id]! ? rank + 1 : rank), 1);
  return { sum, best: { id: best, p: Math.exp(last[best] ?? Number.NaN) }, ranks: wanted.map(rankOf) };
}

/** p of the token by a probe, which splices the prompt's last token behind a shared prefix. */
async function probeBest(
  model: LanguageModel,
  prompt: readonly number[],
  target: number,
  signal: AbortSignal,
): Promise<number> {
  const tail = [prompt.at(-1)!];
  for await (const { p } of model.probe(prompt.slice(0, -1), [{ tail, target }], { topK: 1, signal }))
    return p;
  return Number.NaN;
}
