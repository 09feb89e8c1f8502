/** Replies under a JSON schema: the grammar holds whatever the model would rather say. */

import { z } from "zod";
import { answerTo, chatIds } from "../ask.ts";
import type { IntegrationCheck } from "../check.ts";
import { ADDRESSES } from "../samples.ts";
import { shown } from "../words.ts";

/** Bounded strings, so that a model which never closes a quote still ends. */
const part = z.string().min(1).max(16);
const replySchema = z.strictObject({ username: part, domain: part, tld: part });
const MOST_TOKENS = 160;

export const jsonCheck: IntegrationCheck = {
  id: "json",
  asks: "whether replies under a JSON schema are valid, and right",
  run: async ({ model, draw, signal }) => {
    const { $schema: _, ...jsonSchema } = z.toJSONSchema(replySchema);
    const addresses = draw("addresses", ADDRESSES);
    let valid = 0;
    let right = 0;
    let wrong = "";
    for (const address of addresses) {
      const { username, domain, tld } = address;
      const prompt = await chatIds(
        model,
        `Extract the username, domain and tld of ${username}@${domain}.${tld} as JSON.`,
      );
      const { text } = await answerTo(model, { prompt, maxTokens: MOST_TOKENS, jsonSchema, signal });
      const reply = replySchema.safeParse(parse(text));
      if (!reply.success) wrong ||= text;
      else {
        valid++;
        // "domain" is read in two ways: with and without what follows the dot.
        const domains = [domain, `${domain}.${tld}`];
        const { data } = reply;
        if (data.username === username && domains.includes(data.domain) && data.tld === tld) right++;
      }
    }
    const all = addresses.length;
    const figures = { replies: all, valid, right };
    if (valid === all)
      return {
        status: "ok",
        message: `${valid} of ${all} replies follow the schema, ${right} are right`,
        figures,
      };
    return {
      status: "fail",
      message: `${valid} of ${all} replies follow the schema; one that does not: «${shown(wrong)}»`,
      hint: "A grammar should make this impossible: report it with the model's name.",
      figures,
    };
  },
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
