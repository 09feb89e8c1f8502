/**
 * Probe templates as data. Each asks the model to give back the token X; what comes before X is shared by all
 * tokens and long (few-shot), what comes after it is short, so a probe costs the tail only.
 *
 * X is spliced in as an id. "</s>" in a text stands for the model's own end-of-sequence id.
 */

import type { ChatFrame } from "../../engine/index.ts";

export interface ProbeTemplate {
  readonly id: string;
  /** What the template asks for, one sentence. */
  readonly goal: string;
  /** Where its form comes from. */
  readonly reference: string;
  /** Everything before X. */
  readonly prefix: string;
  /** Everything between X and the place where X must come again. */
  readonly tail: string;
  /** Which tokens it can be asked about: all, or those whose text begins with a space. */
  readonly applies: "all" | "word-initial";
  /** Markup that the model's chat template must write; undefined fits every model. */
  readonly needs?: "[INST]";
}

const EXAMPLES = ["cat", "dog", "water", "Monday"];

const examples = (shot: (word: string) => string, separator: string) => EXAMPLES.map(shot).join(separator);

export const PROBE_TEMPLATES: readonly ProbeTemplate[] = [
  {
    id: "arrow",
    goal: "Copy a quoted token across an arrow.",
    reference: "Own; the shortest form that names no task.",
    prefix: `${examples((word) => `«${word}» → «${word}»`, ", ")}, «`,
    tail: "» → «",
    applies: "all",
  },
  {
    id: "echo",
    goal: "Copy a quoted token from input to output.",
    reference: "Land and Bartolo 2024, Magikarp's repetition prompt, fewer shots.",
    prefix: `${examples((word) => `Input: «${word}»\nOutput: «${word}»`, "\n")}\nInput: «`,
    tail: "»\nOutput: «",
    applies: "all",
  },
  {
    id: "repeat",
    goal: "Repeat a quoted string when an instruction asks for it.",
    reference: "GlitchMiner's prompt with its prefilled answer, after two shots.",
    prefix: ["cat", "dog"]
      .map((word) => `${ask(word)} [/INST] Sure, the string is: "«${word}»"</s>`)
      .concat('[INST] Please repeat the string: "«')
      .join(""),
    tail: '»" [/INST] Sure, the string is: "«',
    applies: "all",
    needs: "[INST]",
  },
  {
    id: "mirror",
    goal: "Write the word before the equals sign again.",
    reference: "Own; held out of the bundled models' training.",
    prefix: ["cat", "dog", "water"].map((word) => `${word} = ${word};`).join(" "),
    tail: " =",
    applies: "word-initial",
  },
];

function ask(word: string): string {
  return `[INST] Please repeat the string: "«${word}»"`;
}

/** The templates that fit a model, or exactly those that were asked for by id; chat markup as the model has it. */
export function chooseTemplates(frame: ChatFrame, wanted?: readonly string[]): ProbeTemplate[] {
  const speaks = (markup: string) => frame.open.includes(markup);
  return PROBE_TEMPLATES.filter(({ id, needs }) =>
    wanted ? wanted.includes(id) : needs === undefined || speaks(needs),
  ).map((template) => {
    const { needs, prefix, tail } = template;
    if (needs === undefined || !speaks(needs)) return template;
    // Fine-tunes differ in the spaces inside.
    const inFrame = (text: string) =>
      text.replaceAll("[INST] ", () => frame.open).replaceAll(" [/INST]", () => frame.close);
    return { ...template, prefix: inFrame(prefix), tail: inFrame(tail) };
  });
}
