/** An abort takes effect within a step, and the engine works on. */

import { isAppError } from "../../../errors.ts";
import { answerTo } from "../ask.ts";
import type { IntegrationCheck } from "../check.ts";
import { SAYINGS } from "../samples.ts";
import type { IntegrationSession } from "../session.ts";

const ABORT_AT = 3;
/** The step in flight still adds its token; one more may have been on its way to us. */
const MOST_AFTER = 2;
const MOST_TOKENS = 256;

export const abortCheck: IntegrationCheck = {
  id: "abort",
  asks: "whether generation stops within a step of an abort, and the next request is served",
  run: async (session) => {
    const { model, draw, signal } = session;
    const prompt = await model.tokenize(draw("sayings", SAYINGS)[0]![0], { bos: true });
    const maxTokens = Math.min(MOST_TOKENS, model.info.context - prompt.length);
    const { after, seconds } = await abortOne(session, prompt, maxTokens);
    const { ids } = await answerTo(model, { prompt, maxTokens: 1, ignoreEos: true, signal });
    const figures = { tokensAfter: after, seconds, servedNext: ids.length === 1 };
    if (after <= MOST_AFTER && ids.length === 1)
      return {
        status: "ok",
        message: `Stopped ${Math.round(1_000 * seconds)} ms and ${after} tokens after the abort of ${maxTokens} tokens; the next request was served`,
        figures,
      };
    return {
      status: "fail",
      message:
        after > MOST_AFTER
          ? `${after} tokens came after the abort; at most ${MOST_AFTER} may be on their way`
          : "The request after an aborted one got no answer",
      hint: "Report it: a client that goes away would keep the model busy.",
      figures,
    };
  },
};

/** Aborts a generation at its third token; tells what came after and how long it took to end. */
async function abortOne(
  { model, signal }: IntegrationSession,
  prompt: readonly number[],
  maxTokens: number,
): Promise<{ after: number; seconds: number }> {
  const own = new AbortController();
  let tokens = 0;
  let abortedAt = performance.now();
  try {
    const request = { prompt, maxTokens, ignoreEos: true, signal: AbortSignal.any([own.signal, signal]) };
    for await (const event of model.generate(request)) {
      if (event.type === "token") tokens++;
      if (tokens === ABORT_AT && !own.signal.aborted) {
        abortedAt = performance.now();
        own.abort();
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!isAppError(error) || error.code !== "CANCELLED") throw error;
  }
  return { after: Math.max(0, tokens - ABORT_AT), seconds: (performance.now() - abortedAt) / 1_000 };
}
