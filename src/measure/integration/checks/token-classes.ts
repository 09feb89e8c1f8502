/** What the token ids are, and that each id has one class. */

import type { IntegrationCheck } from "../check.ts";
import { count } from "../words.ts";

/** Bytes and control tokens apart, at least this share should be reachable; real vocabularies have above 95 %. */
const FEWEST_NORMAL = 0.5;

export const tokenClassesCheck: IntegrationCheck = {
  id: "token-classes",
  asks: "how many tokens text can become, and what the others are",
  run: async ({ model, vocabulary }) => {
    const { counts, knownUnused } = await vocabulary();
    const total = model.info.vocabulary;
    const others = Object.entries(counts).filter(([name, tokens]) => name !== "normal" && tokens > 0);
    const list = others.map(([name, tokens]) => `${count(tokens)} ${name}`).join(", ");
    const message = `${count(counts.normal)} of ${count(total)} tokens are normal${list === "" ? "" : `; ${list}`}`;
    const figures = { vocabulary: total, ...counts, knownUnused: knownUnused.length };
    const pieces = total - counts.byte - counts.control;
    if (counts.normal >= FEWEST_NORMAL * pieces) return { status: "ok", message, figures };
    return {
      status: "warn",
      message,
      hint: "Few tokens can be reached by text: the tokenizer may not be the model's own, or its table is padded.",
      figures,
    };
  },
};
