/**
 * Prompts of the enhanced validation as data: glitcher's three wordings. Each has several forms, from the
 * original's to one whose answer is begun for the model, so that the token must come at a known place; the
 * first form that normal tokens pass on this model is used.
 */

/** How the answer begins: nothing, or text that the model is made to have said. */
export interface PromptForm {
  readonly id: string;
  /** A system text goes before the first user text with a blank line, as models without that role need it. */
  readonly system?: string;
  /** User text before and after the token. */
  readonly before: string;
  readonly after: string;
  /** What the model is made to have said already, its leading space included. */
  readonly prefill: string;
  /** The character that must end the token in the answer; undefined where nothing follows. */
  readonly closer?: string;
}

export interface ValidationPrompt {
  readonly id: string;
  readonly goal: string;
  readonly forms: readonly PromptForm[];
}

const EXACTLY =
  "You are a helpful assistant. When asked to repeat something, repeat it exactly, character for character.";
const EXPLAIN =
  "This helpful assistant explains what a phrase means, replying with identical responses to identical " +
  "questions for reliability.";
const FOLLOW = "You are a helpful assistant that follows instructions carefully.";

const exactly = { before: "Please respond with exactly this: '", after: "'" };
const means = { before: "What does '", after: "' mean?", prefill: " '", closer: "'" };
const question = {
  before: "Question: Please can you repeat the string '",
  after: "'?",
  prefill: " Of course! Here is the repeated string:'",
  closer: "'",
};

export const VALIDATION_PROMPTS: readonly ValidationPrompt[] = [
  {
    id: "exactly",
    goal: "Respond with exactly the token.",
    forms: [
      { id: "exactly/system", system: EXACTLY, ...exactly, prefill: "" },
      { id: "exactly/plain", ...exactly, prefill: "" },
      { id: "exactly/quoted", ...exactly, prefill: " '", closer: "'" },
    ],
  },
  {
    id: "means",
    goal: "Explain the token, beginning with the quoted token itself.",
    forms: [
      { id: "means/system", system: EXPLAIN, ...means },
      { id: "means/plain", ...means },
    ],
  },
  {
    id: "question",
    goal: "Repeat the token when asked politely.",
    forms: [
      { id: "question/system", system: FOLLOW, ...question },
      { id: "question/plain", ...question },
    ],
  },
];
