/** Log-probabilities in the form of plain completions: parallel lists, and for echoed prompts those of the prompt. */

import type { AnswerToken } from "../../answer/index.ts";
import type { TokenChance, WorkOptions } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { Dispatched } from "../dispatch/dispatch.ts";
import type { Prompt } from "./completion-request.ts";
import { finiteLogprob, logprobOf, type TokenNames } from "./token-text.ts";

export interface CompletionLogprobs {
  readonly tokens: string[];
  /** null for the first token of a prompt: nothing stands before it. */
  readonly token_logprobs: (number | null)[];
  /** By text; the token itself is among them. */
  readonly top_logprobs: (Record<string, number> | null)[];
  /** Where each token's text begins, in code points of the choice's text. */
  readonly text_offset: number[];
}

/**
 * Tokens are shown with their own text, but for the space that SentencePiece puts before a prompt and that is not in
 * it. Offsets go on from piece to piece of a stream, so whoever builds the lists keeps the
 * place.
 */
export function createLogprobLists(names: TokenNames) {
  let offset = 0;
  return async (tokens: readonly AnswerToken[]): Promise<CompletionLogprobs> => {
    const lists: CompletionLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
    for (const { id, text, logprob, top = [] } of tokens) {
      const { token: piece } = await names(id);
      const token = piece === ` ${text}` ? text : piece;
      const chosen = logprob === undefined ? null : finiteLogprob(logprob);
      lists.tokens.push(token);
      lists.token_logprobs.push(chosen);
      lists.top_logprobs.push(chosen === null ? null : await byText(token, chosen, top, names));
      lists.text_offset.push(offset);
      offset += [...text].length;
    }
    return lists;
  };
}

async function byText(chosen: string, logprob: number, top: readonly TokenChance[], names: TokenNames) {
  // No prototype: a token may be called "__proto__". Of two ids with one text the likelier comes first.
  const entries: Record<string, number> = Object.create(null);
  for (const { id, p } of top) {
    const { token } = await names(id);
    entries[token] ??= logprobOf(p);
  }
  entries[chosen] ??= logprob;
  return entries;
}

/** The text of a prompt as it is echoed: of ids what they stand for, control tokens left out. */
export function promptText({ model }: Dispatched, prompt: Prompt): string {
  if (prompt.type === "text") return prompt.text;
  return Buffer.concat(prompt.ids.map((id) => model.tokenBytes(id))).toString();
}

/**
 * The tokens of a prompt with their chances and those of the `top` likeliest others, computed beside the answer.
 * The beginning-of-sequence token that a text gets is no part of it, as in OpenAI's replies.
 * @throws DEADLINE, CANCELLED as the answer itself would
 */
export async function promptTokens(
  dispatched: Dispatched,
  prompt: Prompt,
  top: number,
  work: Omit<WorkOptions, "signal">,
): Promise<AnswerToken[]> {
  const { model, promptIds } = dispatched;
  const start = prompt.type === "text" && promptIds[0] === model.info.bos ? 1 : 0;
  const ids = promptIds.slice(start);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const tokens: AnswerToken[] = ids.map((id) => ({
    id,
    text: decoder.decode(model.tokenBytes(id), { stream: true }),
  }));
  const [first] = tokens;
  if (first && prompt.type === "text" && first.text.startsWith(" ") && !prompt.text.startsWith(" "))
    tokens[0] = { ...first, text: first.text.slice(1) };
  if (promptIds.length < 2) return tokens;
  let at = 0;
  for await (const row of promptRows(dispatched, work)) {
    at++;
    const place = at - start;
    if (place < 1) continue;
    const token = tokens[place]!;
    tokens[place] = { ...token, logprob: row[token.id]!, top: likeliest(row, top) };
  }
  return tokens;
}

/** What follows each token of the prompt but the last, whose row is the answer's. */
async function* promptRows(
  { model, promptIds, signal }: Dispatched,
  work: Omit<WorkOptions, "signal">,
): AsyncGenerator<Float32Array> {
  try {
    yield* model.distributions(promptIds.slice(0, -1), { ...work, signal });
  } catch (error) {
    // The engine knows that it was stopped, the signal why.
    throw signal.aborted && isAppError(error) && error.code === "CANCELLED" ? signal.reason : error;
  }
}

/** The k largest of a row of ln p, best first. */
function likeliest(row: Float32Array, k: number): TokenChance[] {
  const best: { id: number; logprob: number }[] = [];
  if (k === 0) return [];
  for (let id = 0; id < row.length; id++) {
    const logprob = row[id]!;
    if (best.length === k && logprob <= best[k - 1]!.logprob) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.logprob < logprob) place--;
    best.splice(place, 0, { id, logprob });
    if (best.length > k) best.pop();
  }
  return best.map(({ id, logprob }) => ({ id, p: Math.exp(logprob) }));
}
