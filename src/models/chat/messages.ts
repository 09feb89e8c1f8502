/** What a chat template gets and what comes out of it. */

/** Roles of the OpenAI protocol; "developer" is its newer word for "system". */
export const CHAT_ROLES = ["system", "developer", "user", "assistant", "tool"] as const;
export type ChatRole = (typeof CHAT_ROLES)[number];

export interface ChatMessage {
  readonly role: ChatRole;
  readonly content: string;
}

export interface ChatTokens {
  /** Text of the token that begins a sequence, "<s>". */
  readonly bos: string;
  /** Text of the token that ends an answer, "</s>". */
  readonly eos: string;
}

export interface RenderedChat {
  /** The prompt; control tokens are in it as text, so tokenize with `special` and without `bos`. */
  readonly text: string;
  /** What had to be changed for the template, one sentence each. */
  readonly rewrites: readonly string[];
}
