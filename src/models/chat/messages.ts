/** What a chat template gets and what comes out of it. */

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
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
