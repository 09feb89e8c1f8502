/** One page of a mine: the cascade over its tokens, then the enhanced validation of those that failed it. */

import type { LanguageModel } from "../../engine/index.ts";
import { type CalibratedTemplate, probeTokens } from "../probes/probe-tokens.ts";
import { type CompiledPrompt, type ValidatedToken, validateTokens } from "../validation/validate.ts";
import type { Vocabulary } from "../vocabulary.ts";
import type { StoredToken } from "./mine-rows.ts";
import type { MineSettings } from "./mine-settings.ts";

export interface PageMinerOptions {
  readonly model: LanguageModel;
  readonly settings: MineSettings;
  readonly vocabulary: Vocabulary;
  readonly templates: readonly CalibratedTemplate[];
  /** Empty leaves out the validation. */
  readonly prompts: readonly CompiledPrompt[];
  readonly signal: AbortSignal | undefined;
}

/** A page's rows in the order of its ids, and the last failure behind a row with `error`. */
export interface MinedPage {
  readonly rows: readonly StoredToken[];
  readonly failure: Error | undefined;
}

/** Mines the tokens of one page. */
export type PageMiner = (ids: readonly number[], onAnswer?: () => void) => Promise<MinedPage>;

/** Returns the function that mines a page; it keeps no state between pages. */
export function createPageMiner(options: PageMinerOptions): PageMiner {
  const { model, settings, vocabulary, templates, prompts, signal } = options;
  const textOf = (id: number) => vocabulary.texts[id] ?? "";

  return async (ids, onAnswer) => {
    const { tokens, failure } = await probeTokens(model, templates, ids, {
      textOf,
      signal,
      ...(onAnswer && { onAnswer }),
    });
    if (!settings.validation || prompts.length === 0) return { rows: tokens, failure };
    const suspects = tokens.filter(({ verdict }) => verdict === "glitch");
    const validated = await validateTokens(
      model,
      prompts,
      suspects.map(({ id }) => ({ id, text: textOf(id) })),
      settings.validation,
      settings.seed,
      signal,
    );
    const results = new Map(suspects.map(({ id }, index) => [id, validated[index]!]));
    const { threshold } = settings.validation;
    return { rows: tokens.map((token) => withValidation(token, results.get(token.id), threshold)), failure };
  };
}

/** A token that is repeated when it is really asked for is uncertain: the probes and the answers disagree. */
function withValidation(
  token: StoredToken,
  result: ValidatedToken | undefined,
  threshold: number,
): StoredToken {
  if (!result) return token;
  if (result.attempts.length === 0) return { ...token, error: result.error! };
  return { ...token, verdict: result.asr >= threshold ? "glitch" : "uncertain", ...result };
}
