/** The model answers: with some text, that ends by itself, at probabilities that are numbers. */

import { answerTo, chatIds, repeatWord } from "../ask.ts";
import type { IntegrationCheck } from "../check.ts";
import { WORDS } from "../samples.ts";
import { shown } from "../words.ts";

/** Room for the word in a sentence; a model that goes on longer does not end its answers. */
const MOST_TOKENS = 48;

export const responseCheck: IntegrationCheck = {
  id: "response",
  asks: "whether simple questions get an answer that ends, with finite log-probabilities",
  run: async ({ model, draw, signal }) => {
    const words = draw("words", WORDS);
    const answers = [];
    for (const word of words) {
      const prompt = await chatIds(model, repeatWord(word));
      answers.push({
        word,
        ...(await answerTo(model, { prompt, maxTokens: MOST_TOKENS, logprobs: 0, signal })),
      });
    }
    const all = answers.length;
    const logprobs = answers.flatMap((answer) => answer.logprobs);
    const notNumbers = logprobs.filter((log) => !Number.isFinite(log) || log > 1e-3).length;
    const empty = answers.filter(({ text }) => text.trim() === "").length;
    const ended = answers.filter(({ reason }) => reason === "stop").length;
    const repeated = answers.filter(({ word, text }) => text.toLowerCase().includes(word)).length;
    const figures = { answers: all, empty, ended, repeated, notNumbers };
    const first = answers[0]!;
    const message = `${ended} of ${all} answers end, ${repeated} hold the word asked for; «${first.word}» → «${shown(first.text.trim())}»`;
    if (notNumbers > 0)
      return {
        status: "fail",
        message: `${notNumbers} of ${logprobs.length} log-probabilities are not those of a probability`,
        hint: "Weights may be damaged: `assay models verify` looks at them.",
        figures,
      };
    if (empty === all)
      return {
        status: "fail",
        message: `All ${all} answers are empty`,
        hint: "The template may be wrong: compare `assay ask --raw` and `assay ask --template NAME`.",
        figures,
      };
    if (ended === all && 2 * repeated >= all) return { status: "ok", message, figures };
    return {
      status: "warn",
      message,
      hint: "Not an instruct model, a wrong template, or weights without training: answers are not to be trusted.",
      figures,
    };
  },
};
