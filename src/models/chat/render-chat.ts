/** Messages -> prompt, by the model's own template or a built-in one; what does not fit it is rewritten and told. */

import { AppError, isAppError } from "../../errors.ts";
import { BUILT_IN_TEMPLATES, isTemplateName } from "./built-in-templates.ts";
import { CHAT_ROLES, type ChatMessage, type ChatTokens, type RenderedChat } from "./messages.ts";
import { type JinjaOptions, renderJinja } from "./render-jinja.ts";
import { ATTEMPTS } from "./rewrite-messages.ts";

export interface RenderChatOptions extends ChatTokens, JinjaOptions {
  /** End with what opens an answer. @default true */
  readonly addGenerationPrompt?: boolean | undefined;
}

/**
 * Renders a conversation.
 * @param template Jinja source, or the name of a built-in template: "mixtral", "chatml" …
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
  const stranger = messages.findIndex(({ role }) => !CHAT_ROLES.includes(role));
  if (stranger >= 0)
    throw new AppError("USAGE", `Message ${stranger + 1} has a role that there is not.`, {
      hint: `Roles: ${CHAT_ROLES.join(", ")}.`,
    });
  let failure: unknown;
  const tried = new Set<string>();
  for (const attempt of ATTEMPTS) {
    const tells: string[] = [];
    let changed = messages;
    for (const rewrite of attempt) {
      const before = changed;
      changed = rewrite.apply(before);
      if (changed !== before) tells.push(rewrite.tells);
    }
    // An attempt that comes to what was refused already would be refused again.
    const key = JSON.stringify(changed);
    if (tried.has(key)) continue;
    tried.add(key);
    try {
      const text = await renderOnce(template, changed, options);
      if (keepsText(text, changed)) return { text, rewrites: tells };
    } catch (error) {
      if (!isAppError(error) || !isRefusal(error)) throw error;
      // The first refusal is about the user's own messages, later ones about our changes.
      failure ??= error;
    }
  }
  throw (
    failure ??
    new AppError("UNSUPPORTED", "The chat template leaves text of the messages out.", {
      hint: "Choose a built-in template, or send raw text.",
    })
  );
}

/** The template's own no. One that loops, or that nobody has room to render, is not helped by other messages. */
function isRefusal({ code, details }: AppError): boolean {
  return (code === "USAGE" || code === "UNSUPPORTED") && details?.limit === undefined;
}

function renderOnce(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderChatOptions,
): Promise<string> {
  const { bos, eos, addGenerationPrompt = true } = options;
  if (isTemplateName(template)) {
    const render = BUILT_IN_TEMPLATES[template];
    return Promise.resolve().then(() => render(messages, { bos, eos, addGenerationPrompt }));
  }
  const values = { messages, bos_token: bos, eos_token: eos, add_generation_prompt: addGenerationPrompt };
  return renderJinja(template, values, options);
}

/**
 * Some templates do not refuse a role, they drop it without a word. Earlier answers are not looked at: templates
 * of models that reason leave the reasoning out on purpose.
 */
function keepsText(text: string, messages: readonly ChatMessage[]): boolean {
  return messages.every(({ role, content }) => role === "assistant" || text.includes(content.trim()));
}
