/** Templates that are known without a file, as functions: nothing hostile can be in them. */

import { AppError } from "../../errors.ts";
import type { ChatMessage, ChatTokens } from "./messages.ts";

type Render = (messages: readonly ChatMessage[], tokens: ChatTokens) => string;

/**
 * mixtral: Mixtral 8x7B Instruct v0.1, "[INST] text [/INST]" (mistral-common's v1 form). nowllm: its
 * fine-tunes, without the inner spaces. Both know only user and assistant, strictly in turn.
 */
export const BUILT_IN_TEMPLATES: Readonly<Record<"mixtral" | "nowllm", Render>> = {
  mixtral: (messages, tokens) => turns(messages, tokens, (text) => `[INST] ${text} [/INST]`, " "),
  nowllm: (messages, tokens) => turns(messages, tokens, (text) => `[INST]${text}[/INST]`, ""),
};

function turns(
  messages: readonly ChatMessage[],
  { bos, eos }: ChatTokens,
  instruction: (text: string) => string,
  beforeAnswer: string,
): string {
  const parts = messages.map(({ role, content }, index) => {
    const expected = index % 2 === 0 ? "user" : "assistant";
    if (role !== expected)
      throw new AppError(
        "USAGE",
        `Message ${index + 1} is the ${role}'s; user and assistant have to take turns.`,
        {
          hint: "Begin with the user and alternate.",
        },
      );
    return role === "user" ? instruction(content) : `${beforeAnswer}${content}${eos}`;
  });
  return bos + parts.join("");
}
