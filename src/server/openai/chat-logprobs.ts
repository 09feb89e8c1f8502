/** Log-probabilities in the chat API's form: one entry a token, with its alternatives. */

import type { AnswerToken } from "../../answer/index.ts";
import { finiteLogprob, logprobOf, type TokenNames } from "./token-text.ts";

export interface ChatLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: number[] | null;
  readonly top_logprobs: readonly { token: string; logprob: number; bytes: number[] | null }[];
}

export function chatLogprobs(tokens: readonly AnswerToken[], names: TokenNames): Promise<ChatLogprob[]> {
  return Promise.all(
    tokens.map(async ({ id, logprob, top = [] }) => ({
      ...(await names(id)),
      logprob: finiteLogprob(logprob),
      top_logprobs: await Promise.all(
        top.map(async (other) => ({ ...(await names(other.id)), logprob: logprobOf(other.p) })),
      ),
    })),
  );
}
