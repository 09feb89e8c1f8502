/** What a model cannot take, said before it costs time. */

import { AppError } from "../errors.ts";
import type { ModelInfo } from "./language-model.ts";

export interface RequestBounds {
  /** @throws USAGE for an id outside the vocabulary: llama.cpp would read foreign memory */
  checkIds(ids: readonly number[]): void;
  /** @throws CONTEXT_FULL with the counts */
  checkFits(promptTokens: number, newTokens: number): void;
}

/** The bounds of an open model. */
export function requestBounds(info: Pick<ModelInfo, "vocabulary" | "context">): RequestBounds {
  return {
    checkIds(ids) {
      for (const id of ids)
        if (!Number.isInteger(id) || id < 0 || id >= info.vocabulary)
          throw new AppError("USAGE", `Token id ${id} is not in the vocabulary.`, {
            hint: `Ids run from 0 to ${info.vocabulary - 1}.`,
          });
    },

    checkFits(promptTokens, newTokens) {
      const total = promptTokens + newTokens;
      if (total <= info.context) return;
      throw new AppError(
        "CONTEXT_FULL",
        newTokens > 0
          ? `The prompt has ${promptTokens} tokens and up to ${newTokens} are to come; the context holds ${info.context}.`
          : `The prompt has ${promptTokens} tokens; the context holds ${info.context}.`,
        {
          hint: "Shorten the prompt, ask for fewer tokens, or open the model with a larger --context.",
          details: { promptTokens, maxTokens: newTokens, context: info.context },
        },
      );
    },
  };
}
