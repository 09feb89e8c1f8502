/** A prompt that is one token too long is refused with the numbers, before anything is computed. */

import { isAppError } from "../../../errors.ts";
import type { IntegrationCheck } from "../check.ts";
import { count } from "../words.ts";

export const contextCheck: IntegrationCheck = {
  id: "context",
  asks: "whether a prompt one token too long is refused with the counts",
  run: async ({ model, signal }) => {
    const { context } = model.info;
    const [token = 0] = await model.tokenize(" the", { continuation: true });
    const prompt = new Array<number>(context).fill(token);
    const figures = { context };
    try {
      for await (const event of model.generate({ prompt, maxTokens: 1, signal })) void event;
    } catch (error) {
      if (!isAppError(error) || error.code !== "CONTEXT_FULL") throw error;
      const { promptTokens, maxTokens } = error.details ?? {};
      const hasCounts = promptTokens === context && maxTokens === 1 && error.details?.context === context;
      if (hasCounts)
        return {
          status: "ok",
          message: `${count(context)} tokens with one to come are refused: the context holds ${count(context)}`,
          figures,
        };
      return { status: "fail", message: `Refused without the right counts: ${error.message}`, figures };
    }
    return {
      status: "fail",
      message: `A prompt of ${count(context)} tokens with one to come was taken, one more than the context holds`,
      hint: "Report it: the model may answer to a prompt without its beginning.",
      figures,
    };
  },
};
