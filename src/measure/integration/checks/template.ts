/** Which chat template a conversation gets, and that its ids begin as the tokenizer says. */

import { encodeChat, templateFor } from "../../../engine/index.ts";
import type { ChatMessage, ChosenTemplate } from "../../../models/index.ts";
import type { Finding, IntegrationCheck } from "../check.ts";
import { WORDS } from "../samples.ts";
import type { IntegrationSession } from "../session.ts";
import { count, shown } from "../words.ts";

/** A conversation of two turns. */
function conversation(word: string, next: string): ChatMessage[] {
  return [
    { role: "user", content: `Please repeat the word: "${word}"` },
    { role: "assistant", content: word },
    { role: "user", content: `And this one: "${next}"` },
  ];
}

export const templateCheck: IntegrationCheck = {
  id: "template",
  asks: "which chat template is used and why, and whether two turns render and begin right",
  run: async (session) => {
    const { model, draw } = session;
    const template = templateFor(model);
    const rewrites = new Set<string>();
    let longest = 0;
    for (const word of draw("conversations", WORDS)) {
      const messages = conversation(word, word.toUpperCase());
      const encoded = await encodeChat(model, messages);
      const trouble = await troubleOf(session, encoded.ids, messages);
      if (trouble !== undefined) return { ...trouble, figures: { template: template.name } };
      longest = Math.max(longest, encoded.ids.length);
      for (const rewrite of encoded.rewrites) rewrites.add(rewrite);
    }
    return describe(template, longest, rewrites);
  },
};

function describe({ name, reason }: ChosenTemplate, longest: number, rewrites: ReadonlySet<string>): Finding {
  const title = name === "own" ? "The file's own" : `Built-in "${name}"`;
  const changed = rewrites.size === 0 ? "" : `; changed to fit: ${[...rewrites].join(" ")}`;
  const message = `${title}: two turns are ${count(longest)} tokens${changed}. ${reason}`;
  const figures = { template: name, tokens: longest, rewrites: rewrites.size };
  if (name !== "plain") return { status: "ok", message, figures };
  return {
    status: "warn",
    message,
    hint: "If it was tuned for chats, name its template: `assay ask --template NAME`.",
    figures,
  };
}

async function troubleOf(
  { model }: IntegrationSession,
  ids: readonly number[],
  messages: readonly ChatMessage[],
): Promise<Finding | undefined> {
  // With the beginning of sequence if the tokenizer's settings want one.
  const [start] = await model.tokenize("", { bos: true });
  const fail = (message: string): Finding => ({
    status: "fail",
    message,
    hint: "The template in the file does not fit its tokenizer: look at it with `assay models show`.",
  });
  if (start !== undefined && ids[0] !== start) return fail(`The prompt does not begin with token ${start}.`);
  if (start !== undefined && ids[1] === start) return fail(`The prompt begins with token ${start} twice.`);
  const text = await model.detokenize(ids, { special: true });
  const lost = messages.find(({ content }) => !text.includes(content));
  return lost && fail(`The prompt lacks a message: «${shown(lost.content)}».`);
}
