/** From a request to what the engine is given: form, prompt, guard, budget, in that order. */

import { encodeChat, type GenerateRequest, type Tokenizer } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import { answerBudget } from "./answer-budget.ts";
import { type AnswerForm, answerForm } from "./answer-form.ts";
import type { AnswerRequest } from "./answer-request.ts";
import { guardPrompt } from "./guard-prompt.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { GuardMode, PromptGuard } from "./prompt-guard.ts";
import { writeDialogue } from "./write-dialogue.ts";

export interface PrepareOptions {
  /** What is known against the model's tokens; undefined: nothing is. */
  readonly guard?: PromptGuard | undefined;
  /** @default "rewrite" with a guard, else "off" */
  readonly mode?: GuardMode | undefined;
}

/**
 * Makes a request ready for a model; nothing is generated yet.
 * @throws UNSUPPORTED, USAGE, TOO_LARGE for what cannot be asked; CONTEXT_FULL with the counts; GUARD_REFUSED
 *
 * @example
 * const messages = [{ role: "user", content: "What is a river?" }] as const;
 * const prepared = await prepareAnswer(model, { input: { type: "messages", messages } });
 * for await (const event of runAnswer(model, prepared)) console.log(event);
 */
export async function prepareAnswer(
  model: Tokenizer,
  request: AnswerRequest,
  { guard, mode = guard ? "rewrite" : "off" }: PrepareOptions = {},
): Promise<PreparedAnswer> {
  const form = answerForm(request);
  const prompt = await encodePrompt(model, request, form);
  const guarded = await guardPrompt(model, prompt.ids, {
    guard,
    mode,
    isChat: request.input.type === "messages",
    logitBias: request.logitBias,
  });
  const { n = 1 } = request;
  const maxTokens = answerBudget({
    promptTokens: guarded.ids.length,
    maxTokens: request.maxTokens,
    n,
    context: model.info.context,
  });
  return {
    request,
    form,
    rewrites: prompt.rewrites,
    guard: guarded.report,
    generate: {
      ...engineOptions(request),
      prompt: guarded.ids,
      maxTokens,
      n,
      ...(guarded.logitBias && { logitBias: guarded.logitBias }),
      ...(form.grammar !== undefined && { grammar: form.grammar }),
    },
  };
}

async function encodePrompt(
  model: Tokenizer,
  { input }: AnswerRequest,
  { instructions }: AnswerForm,
): Promise<{ ids: readonly number[]; rewrites: readonly string[] }> {
  switch (input.type) {
    case "ids": {
      const stranger = input.ids.find((id) => !Number.isInteger(id) || id < 0 || id >= model.info.vocabulary);
      if (stranger !== undefined)
        throw new AppError("USAGE", `Token id ${stranger} is not in the vocabulary.`, {
          hint: `Ids run from 0 to ${model.info.vocabulary - 1}.`,
        });
      if (input.ids.length === 0) throw new AppError("USAGE", "The prompt is empty.");
      return { ids: input.ids, rewrites: [] };
    }
    case "text": {
      // Whoever writes a whole prompt writes its markup too, and perhaps the beginning of sequence.
      const ids = await model.tokenize(input.text, { bos: true, special: true });
      if (ids.length === 0) throw new AppError("USAGE", "The prompt is empty.");
      const isTwice = ids[0] === model.info.bos && ids[1] === model.info.bos;
      return { ids: isTwice ? ids.slice(1) : ids, rewrites: [] };
    }
    case "messages": {
      const dialogue = writeDialogue(input.messages, instructions);
      const { ids, rewrites } = await encodeChat(model, dialogue.messages);
      return { ids, rewrites: [...new Set([...dialogue.rewrites, ...rewrites])] };
    }
  }
}

/** What the engine knows under the same names. */
function engineOptions(request: AnswerRequest): Omit<GenerateRequest, "prompt" | "maxTokens"> {
  const { input, tools, toolChoice, parallelToolCalls, format, maxTokens, confidence, ...rest } = request;
  const logprobs = rest.logprobs ?? (confidence ? 0 : undefined);
  const given = Object.entries({ ...rest, logprobs }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
