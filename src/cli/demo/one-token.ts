/**
 * Step 2 of the demo: one token, live. The most suspicious word by its weights and the nearest ordinary word by
 * id, both in the same request. Nothing here knows which tokens are bad: the first suspect that fails where its
 * neighbour does not is shown.
 */

import type { LanguageModel } from "../../engine/index.ts";
import { bySuspicion, classifyVocabulary, compileSplice, type IndicatorTable } from "../../glitch/index.ts";
import { visibleToken } from "../../visible-token.ts";

export interface TokenAnswer {
  readonly id: number;
  readonly text: string;
  /** What the model said in place of the token, up to the closing quote. */
  readonly reply: string;
  readonly repeated: boolean;
}

export interface OneTokenFigures {
  readonly prompt: string;
  readonly glitch: TokenAnswer;
  readonly neighbour: TokenAnswer;
  /** Suspects asked before one failed. */
  readonly asked: number;
}

/** What is asked of the model; the guarded text is asked for in the same words. */
export const REQUEST = {
  before: '[INST] Please repeat the string: "«',
  after: '»" [/INST] Sure, the string is: "«',
};
const SUSPECTS = 24;
const WORD = /^ ?[A-Za-z]{4,}$/;

/** Asks until a suspect fails whose neighbour is repeated; undefined if none of the first does. */
export async function showOneToken(
  model: LanguageModel,
  indicators: IndicatorTable,
  signal: AbortSignal,
): Promise<OneTokenFigures | undefined> {
  const { candidates, texts } = await classifyVocabulary(model, signal);
  const words = candidates.filter((id) => WORD.test(texts[id] ?? ""));
  const suspects = bySuspicion({ candidates: words, indicators, seed: 0 }).slice(0, SUSPECTS);
  const ordinary = words.filter((id) => !suspects.includes(id));
  const repeat = async (id: number): Promise<TokenAnswer> => {
    const answer = await askToRepeat(model, { ids: [id], text: texts[id]! }, { signal });
    return { id, text: visibleToken(texts[id]!), ...answer };
  };
  for (const [index, id] of suspects.entries()) {
    const glitch = await repeat(id);
    if (glitch.repeated) continue;
    const neighbour = await repeat(nearest(ordinary, id));
    if (neighbour.repeated)
      return { prompt: `${REQUEST.before}…${REQUEST.after}`, glitch, neighbour, asked: index + 1 };
  }
  return undefined;
}

/**
 * Asks the model to repeat a text that stands in the request as given ids.
 * @param banned kept out of the answer
 */
export async function askToRepeat(
  model: LanguageModel,
  { ids, text }: { ids: readonly number[]; text: string },
  { signal, banned = [] }: { signal: AbortSignal; banned?: readonly number[] },
): Promise<{ reply: string; repeated: boolean }> {
  const splice = await compileSplice(model, { prefix: REQUEST.before, tail: REQUEST.after });
  const said: number[] = [];
  let reply = "";
  const events = model.generate({
    prompt: [...splice!.prefix, ...ids, ...splice!.tail],
    maxTokens: 12,
    stop: ["»"],
    logitBias: new Map(banned.map((id) => [id, Number.NEGATIVE_INFINITY])),
    signal,
  });
  for await (const event of events) {
    if (event.type === "token") said.push(event.id);
    else reply = event.text;
  }
  const isSame = ids.every((id, index) => said[index] === id);
  return { reply: visibleToken(reply), repeated: isSame || reply === text };
}

export function describeOneToken(figures: OneTokenFigures | undefined): string[] {
  if (!figures) return ["None of the most suspicious words failed: this model handles them."];
  const say = ({ id, text, reply, repeated }: TokenAnswer) =>
    `token ${id}  «${text}»  →  «${reply}»  ${repeated ? "repeated faithfully" : "NOT repeated"}`;
  return [`Asked: ${figures.prompt}`, say(figures.neighbour), say(figures.glitch)];
}

/** The id of the list that is closest to another. */
function nearest(ids: readonly number[], to: number): number {
  return ids.reduce((best, id) => (Math.abs(id - to) < Math.abs(best - to) ? id : best));
}
