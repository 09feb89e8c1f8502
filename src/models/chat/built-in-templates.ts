/**
 * Templates that are known without a file, as functions: nothing hostile can be in them. Each says where its form
 * is published. None writes a beginning of sequence that its source leaves to the tokenizer.
 */

import { AppError } from "../../errors.ts";
import type { ChatMessage, ChatTokens } from "./messages.ts";

export interface TemplateValues extends ChatTokens {
  /** End with what opens an answer. */
  readonly addGenerationPrompt: boolean;
}

/** Messages -> prompt. @throws USAGE for roles or an order that the form cannot express */
export type RenderTemplate = (messages: readonly ChatMessage[], values: TemplateValues) => string;

/**
 * - mixtral: Mixtral 8x7B and Mistral 7B Instruct v0.1, "[INST] text [/INST]" (mistral-common, v1)
 * - nowllm: fine-tunes of Mixtral that were trained without the inner spaces
 * - llama2: <<SYS>> inside the first user text (meta-llama/llama, generation.py)
 * - llama3: Meta's model card of Llama 3, "Prompt format"
 * - chatml: OpenAI's ChatML, as OpenHermes, Dolphin and Qwen take it
 * - zephyr: Zephyr 7B and TinyLlama 1.1B Chat (their tokenizer_config.json)
 * - gemma: Google's page "Gemma formatting"; it has no system role
 * - vicuna: Vicuna v1.1 to v1.5 (FastChat, conversation.py, "vicuna_v1.1")
 * - plain: a transcript, for models that were never tuned for chats
 */
export const BUILT_IN_TEMPLATES = {
  mixtral: (messages, tokens) => instructions(messages, tokens, (text) => `[INST] ${text} [/INST]`, " "),
  nowllm: (messages, tokens) => instructions(messages, tokens, (text) => `[INST]${text}[/INST]`, ""),
  llama2,
  llama3,
  chatml,
  zephyr,
  gemma,
  vicuna,
  plain,
} as const satisfies Record<string, RenderTemplate>;

export type TemplateName = keyof typeof BUILT_IN_TEMPLATES;
export const TEMPLATE_NAMES = Object.keys(BUILT_IN_TEMPLATES) as TemplateName[];

/** Whether a text is the name of a built-in template; Jinja source never is. */
export function isTemplateName(text: string): text is TemplateName {
  return Object.hasOwn(BUILT_IN_TEMPLATES, text);
}

function instructions(
  messages: readonly ChatMessage[],
  { bos, eos }: TemplateValues,
  instruction: (text: string) => string,
  beforeAnswer: string,
): string {
  assertTurns(messages);
  const parts = messages.map(({ role, content }) =>
    role === "user" ? instruction(content) : `${beforeAnswer}${content}${eos}`,
  );
  return bos + parts.join("");
}

function llama2(messages: readonly ChatMessage[], { bos, eos }: TemplateValues): string {
  const [first, ...rest] = messages;
  const system = first?.role === "system" ? `<<SYS>>\n${first.content}\n<</SYS>>\n\n` : "";
  const turns = first?.role === "system" ? rest : messages;
  assertTurns(turns);
  const parts = turns.map(({ role, content }, index) =>
    role === "user"
      ? `${bos}[INST] ${((index === 0 ? system : "") + content).trim()} [/INST]`
      : ` ${content.trim()} ${eos}`,
  );
  return parts.join("");
}

function llama3(messages: readonly ChatMessage[], { bos, addGenerationPrompt }: TemplateValues): string {
  const header = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
  const parts = messages.map(({ role, content }) => `${header(role)}${content.trim()}<|eot_id|>`);
  return bos + parts.join("") + (addGenerationPrompt ? header("assistant") : "");
}

function chatml(messages: readonly ChatMessage[], { addGenerationPrompt }: TemplateValues): string {
  const parts = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  return parts.join("") + (addGenerationPrompt ? "<|im_start|>assistant\n" : "");
}

function zephyr(messages: readonly ChatMessage[], { eos, addGenerationPrompt }: TemplateValues): string {
  assertRoles(messages);
  const parts = messages.map(({ role, content }) => `<|${role}|>\n${content}${eos}\n`);
  return parts.join("") + (addGenerationPrompt ? "<|assistant|>\n" : "");
}

function gemma(messages: readonly ChatMessage[], { bos, addGenerationPrompt }: TemplateValues): string {
  assertTurns(messages);
  const parts = messages.map(
    ({ role, content }) =>
      `<start_of_turn>${role === "assistant" ? "model" : role}\n${content.trim()}<end_of_turn>\n`,
  );
  return bos + parts.join("") + (addGenerationPrompt ? "<start_of_turn>model\n" : "");
}

function vicuna(messages: readonly ChatMessage[], { bos, eos, addGenerationPrompt }: TemplateValues): string {
  assertRoles(messages);
  const form = {
    system: (text: string) => `${text} `,
    user: (text: string) => `USER: ${text} `,
    assistant: (text: string) => `ASSISTANT: ${text}${eos}`,
  };
  const parts = messages.map(({ role, content }) => form[role as keyof typeof form](content));
  return bos + parts.join("") + (addGenerationPrompt ? "ASSISTANT:" : "");
}

function plain(messages: readonly ChatMessage[], { bos, addGenerationPrompt }: TemplateValues): string {
  assertRoles(messages);
  const form = {
    system: (text: string) => `${text}\n\n`,
    user: (text: string) => `User: ${text}\n`,
    assistant: (text: string) => `Assistant: ${text}\n`,
  };
  const parts = messages.map(({ role, content }) => form[role as keyof typeof form](content));
  return bos + parts.join("") + (addGenerationPrompt ? "Assistant:" : "");
}

function assertTurns(messages: readonly ChatMessage[]): void {
  const index = messages.findIndex(({ role }, at) => role !== (at % 2 === 0 ? "user" : "assistant"));
  if (index < 0) return;
  throw new AppError(
    "USAGE",
    `Message ${index + 1} is the ${messages[index]!.role}'s; user and assistant have to take turns.`,
    { hint: "Begin with the user and alternate." },
  );
}

function assertRoles(messages: readonly ChatMessage[]): void {
  const stranger = messages.find(({ role }) => role === "tool" || role === "developer");
  if (stranger) throw new AppError("USAGE", `The template has no place for the role ${stranger.role}.`);
}
