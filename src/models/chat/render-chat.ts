/** Messages -> prompt, by the model's own template or a built-in one; what does not fit it is rewritten and told. */

import { AppError, isAppError } from "../../errors.ts";
import { BUILT_IN_TEMPLATES } from "./built-in-templates.ts";
import type { ChatMessage, ChatTokens, RenderedChat } from "./messages.ts";
import { type JinjaOptions, renderJinja } from "./render-jinja.ts";

export interface RenderChatOptions extends ChatTokens, JinjaOptions {
  /** End with what opens an answer. @default true */
  readonly addGenerationPrompt?: boolean | undefined;
}

interface Rewrite {
  readonly tells: string;
  readonly apply: (messages: readonly ChatMessage[]) => readonly ChatMessage[];
}

const JOIN: Rewrite = { tells: "Neighbouring messages of one role were joined.", apply: joinNeighbours };
const MERGE: Rewrite = { tells: "The system text was put before the first user text.", apply: mergeSystem };

/** Tried in this order until the template takes the messages: as they are first, then the smallest change. */
const ATTEMPTS: readonly (readonly Rewrite[])[] = [[], [JOIN], [MERGE], [MERGE, JOIN]];

/**
 * Renders a conversation.
 * @param template Jinja source, or the name of a built-in: "mixtral", "nowllm"
 * @throws USAGE for no messages or an order that no rewrite mends; UNSUPPORTED for a template that fails
 *
 * @example
 * await renderChat("mixtral", [{ role: "user", content: "Hi" }], { bos: "<s>", eos: "</s>" });
 * // { text: "<s>[INST] Hi [/INST]", rewrites: [] }
 */
export async function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderChatOptions,
): Promise<RenderedChat> {
  if (messages.length === 0) throw new AppError("USAGE", "There are no messages.");
  let failure: unknown;
  for (const rewrites of ATTEMPTS) {
    const changed = rewrites.reduce((before, rewrite) => rewrite.apply(before), messages);
    if (rewrites.length > 0 && changed.length === messages.length) continue;
    try {
      const text = await renderOnce(template, changed, options);
      if (keepsSystemText(text, changed)) return { text, rewrites: rewrites.map(({ tells }) => tells) };
    } catch (error) {
      if (!isAppError(error)) throw error;
      // The first refusal is about the user's own messages, later ones about our changes.
      failure ??= error;
    }
  }
  throw failure ?? new AppError("UNSUPPORTED", "The chat template leaves the system text out.");
}

function renderOnce(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderChatOptions,
): Promise<string> {
  const builtIn = Object.hasOwn(BUILT_IN_TEMPLATES, template)
    ? BUILT_IN_TEMPLATES[template as keyof typeof BUILT_IN_TEMPLATES]
    : undefined;
  const { bos, eos, addGenerationPrompt = true } = options;
  if (builtIn) return Promise.resolve().then(() => builtIn(messages, { bos, eos }));
  const values = { messages, bos_token: bos, eos_token: eos, add_generation_prompt: addGenerationPrompt };
  return renderJinja(template, values, options);
}

/** Some templates do not refuse a system message, they drop it without a word. */
function keepsSystemText(text: string, messages: readonly ChatMessage[]): boolean {
  return messages.every(({ role, content }) => role !== "system" || text.includes(content.trim()));
}

function mergeSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
  const others = messages.filter(({ role }) => role !== "system");
  const first = others.findIndex(({ role }) => role === "user");
  if (system.length === 0 || first < 0) return messages;
  const content = [...system, others[first]!.content].join("\n\n");
  return others.with(first, { role: "user", content });
}

function joinNeighbours(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role)
      joined[joined.length - 1] = { role: last.role, content: `${last.content}\n\n${message.content}` };
    else joined.push(message);
  }
  return joined;
}
