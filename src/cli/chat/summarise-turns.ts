/** A summary of turns that no longer fit, by the model that held the conversation. */

import { type AnswerMessage, type AnswerRequest, prepareAnswer, runAnswer } from "../../answer/index.ts";
import type { LanguageModel } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { Turn } from "./conversation.ts";

export interface SummaryOptions {
  readonly signal: AbortSignal;
  /** How prompts are guarded, as in the conversation itself. */
  readonly guard: Parameters<typeof prepareAnswer>[2];
}

const ASK = (words: number) =>
  `Summarise this conversation in at most ${words} words. Keep names, numbers, decisions and open questions. ` +
  "Write the summary and nothing else.";

/**
 * Asks for a summary of at most `most` tokens. Where the turns do not fit beside it, the oldest are left out of it.
 * @returns undefined where nothing was written, or no turn fits
 * @throws CANCELLED
 */
export async function summariseTurns(
  model: LanguageModel,
  { turns, earlier }: { turns: readonly Turn[]; earlier: string | undefined },
  most: number,
  { signal, guard }: SummaryOptions,
): Promise<string | undefined> {
  const parts = [
    ...(earlier === undefined ? [] : [`Before that: ${earlier}`]),
    ...turns.map(({ user, assistant }) => `User: ${user}\nAssistant: ${assistant}`),
  ];
  for (let first = 0; first < parts.length; first = Math.ceil((first + parts.length) / 2)) {
    const prepared = await prepareAnswer(model, request(parts.slice(first), most), guard).catch(ifTooLong);
    if (prepared === undefined) continue;
    let text = "";
    for await (const event of runAnswer(model, prepared, { signal }))
      if (event.type === "text") text += event.text;
    return text.trim() || undefined;
  }
  return undefined;
}

function request(parts: readonly string[], maxTokens: number): AnswerRequest {
  // Two of three tokens make a word in most languages: the model should come to its end before the bound.
  const asked = ASK(Math.max(10, Math.floor(maxTokens / 2)));
  const messages: AnswerMessage[] = [{ role: "user", content: `${asked}\n\n${parts.join("\n\n")}` }];
  return { input: { type: "messages", messages }, maxTokens };
}

function ifTooLong(error: unknown): undefined {
  if (isAppError(error) && error.code === "CONTEXT_FULL") return undefined;
  throw error;
}
