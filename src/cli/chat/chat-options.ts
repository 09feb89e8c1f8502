/** The flags of a chat, as the command line reads them. */

import type { AnswerFormat } from "../../answer/index.ts";
import { AppError } from "../../errors.ts";
import type { QuantChoice } from "../../models/index.ts";
import { type AnswerOptions, readForm } from "../ask/generation.ts";
import type { ChatSettings } from "./answer-turn.ts";
import type { ChatGuardMode } from "./chat-guard.ts";
import type { WhenFull } from "./make-room.ts";

export interface ChatOptions extends AnswerOptions {
  maxTokens?: number;
  system?: string;
  template?: string;
  whenFull: WhenFull;
  reserve?: number;
  session?: string;
  sessions?: true;
  forget?: string;
  guard?: ChatGuardMode;
  quantType?: QuantChoice;
}

/** Where nothing is said about it, an answer of a page is expected. */
const COMMON_ANSWER = 512;

/**
 * What holds for every turn.
 * @param context the model's
 * @throws USAGE, DATA_UNAVAILABLE for files that cannot be read
 */
export function chatSettings(options: ChatOptions, seed: number, context: number): ChatSettings {
  const { temperature, topK, topP, minP, stop, maxTokens, whenFull } = options;
  const reserve = options.reserve ?? Math.min(maxTokens ?? COMMON_ANSWER, Math.floor(context / 4));
  if (reserve >= context)
    throw new AppError("USAGE", `--reserve ${reserve} leaves nothing of a context of ${context} tokens.`);
  return {
    sampling: { temperature, topK, topP, minP },
    ...{ seed, stop, maxTokens, reserve, whenFull },
    format: formatOf(options),
  };
}

function formatOf(options: ChatOptions): AnswerFormat | undefined {
  const { grammar, jsonSchema } = readForm(options);
  if (grammar !== undefined) return { type: "grammar", grammar };
  if (jsonSchema !== undefined) return { type: "json-schema", name: "answer", schema: jsonSchema };
  return undefined;
}
