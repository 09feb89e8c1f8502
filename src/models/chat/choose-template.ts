/** Which chat template a model gets, and why: the file's own, else what its tokens or its names tell. */

import { visibleToken } from "../../visible-token.ts";
import type { TemplateName } from "./built-in-templates.ts";

export interface TemplateFacts {
  /** What the model is called: the stem of its file or its folder's name. */
  readonly name: string;
  /** general.name of the file: it stays when a file is renamed. */
  readonly title?: string | undefined;
  /** Name of the folder that the file lies in. */
  readonly folder?: string | undefined;
  /** Jinja source, from the file. */
  readonly chatTemplate?: string | undefined;
  /** Whether the vocabulary has a token of exactly this text. Asked only when there is no template. */
  readonly hasToken?: ((text: string) => boolean) | undefined;
}

export interface ChosenTemplate {
  /** "own": the file's. */
  readonly name: "own" | TemplateName;
  /** What renderChat() takes: Jinja source or the name of a built-in template. */
  readonly template: string;
  /** Why it was chosen, one sentence. */
  readonly reason: string;
}

/**
 * Fine-tunes named nowllm were trained on "[INST]text[/INST]"; their folders carry the template of the base model,
 * with spaces inside, because fine-tuning copies tokenizer_config.json. So the name tells more than the file.
 */
const NOWLLM = /(^|[^a-z0-9])nowllm($|[^a-z])/i;

/** Control tokens that only one family has. */
const MARKS: readonly { readonly tokens: readonly string[]; readonly name: TemplateName }[] = [
  { tokens: ["<|start_header_id|>", "<|eot_id|>"], name: "llama3" },
  { tokens: ["<start_of_turn>", "<end_of_turn>"], name: "gemma" },
  { tokens: ["<|im_start|>", "<|im_end|>"], name: "chatml" },
];

/** Names as their makers write them; the first that fits counts, so fine-tunes stand before what they are made of. */
const FAMILIES: readonly { readonly pattern: RegExp; readonly name: TemplateName }[] = [
  { pattern: /open-?hermes|nous-?hermes-?2|dolphin|qwen.*(chat|instruct)/i, name: "chatml" },
  { pattern: /zephyr|tiny-?llama.*chat/i, name: "zephyr" },
  { pattern: /vicuna/i, name: "vicuna" },
  { pattern: /gemma.*(\bit\b|instruct)/i, name: "gemma" },
  { pattern: /llama-?3.*(instruct|chat)/i, name: "llama3" },
  { pattern: /llama-?2.*chat/i, name: "llama2" },
  { pattern: /(mixtral|mistral).*instruct/i, name: "mixtral" },
];

/**
 * Chooses a template.
 *
 * @example
 * chooseTemplate({ name: "mixtral-8x7b-instruct-v0.1.Q4_K_M" }).name; // "mixtral"
 */
export function chooseTemplate(facts: TemplateFacts): ChosenTemplate {
  const { chatTemplate, hasToken } = facts;
  const own = chatTemplate?.trim() ? chatTemplate : undefined;
  const names = [
    ["name", facts.name],
    ["name inside the file", facts.title],
    ["folder's name", facts.folder],
  ].filter((entry): entry is [string, string] => entry[1] !== undefined);

  const nowllm = names.find(([, name]) => NOWLLM.test(name));
  if (nowllm && (own === undefined || own.includes("[INST]")))
    return builtIn(
      "nowllm",
      `The ${shown(nowllm)} says nowllm: those fine-tunes were trained on [INST]text[/INST] without inner spaces` +
        (own === undefined ? "." : ", while their files carry the template of the base model."),
    );
  if (own !== undefined)
    return { name: "own", template: own, reason: "The file brings its own chat template." };

  const mark = hasToken && MARKS.find(({ tokens }) => tokens.every((token) => hasToken(token)));
  if (mark)
    return builtIn(
      mark.name,
      `The file has no chat template; its vocabulary has the tokens ${mark.tokens.join(" and ")}.`,
    );
  for (const named of names) {
    const family = FAMILIES.find(({ pattern }) => pattern.test(named[1].replace(/[\s_]+/g, "-")));
    if (family)
      return builtIn(family.name, `The file has no chat template; the ${shown(named)} tells the family.`);
  }
  return builtIn(
    "plain",
    "The file has no chat template, and neither its tokens nor its name tell one: it is taken for a base model.",
  );
}

const shown = ([kind, name]: readonly [string, string]) => `${kind} "${visibleToken(name)}"`;

function builtIn(name: TemplateName, reason: string): ChosenTemplate {
  return { name, template: name, reason };
}
