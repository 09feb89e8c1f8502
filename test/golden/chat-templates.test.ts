// Built-in templates against the Jinja that models are published with, and against prompts that their makers
// document. The Jinja below states each form in short; where it came from stands beside it.

import { Template } from "@huggingface/jinja";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAppError } from "../../src/errors.ts";
import {
  BUILT_IN_TEMPLATES,
  CHAT_ROLES,
  type ChatMessage,
  type TemplateName,
} from "../../src/models/index.ts";

const TOKENS = { bos: "<s>", eos: "</s>" };
const TURNS =
  "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns') }}{% endif %}";

/** Roles that a source does not have are refused, as ours refuse them: renderChat() then rewrites. */
const PUBLISHED: Readonly<Partial<Record<TemplateName, string>>> = {
  // Mixtral-8x7B-Instruct-v0.1, tokenizer_config.json. Answers are preceded by the space that mistral-common v1
  // writes and that golden.json's ids hold; the Jinja of December 2023 left it to the tokenizer.
  mixtral: `{{ bos_token }}{% for m in messages %}${TURNS}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] + eos_token }}{% else %}{{ raise_exception('role') }}{% endif %}{% endfor %}`,
  // Llama-2-chat: meta-llama/llama, generation.py (chat_completion): B_INST, B_SYS, strip() of each side, and a
  // beginning of sequence for every pair of turns.
  llama2: `{% if messages[0]['role'] == 'system' %}{% set turns = messages[1:] %}{% set sys = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% else %}{% set turns = messages %}{% set sys = '' %}{% endif %}{% for m in turns %}${TURNS}{% if loop.index0 == 0 %}{% set text = sys + m['content'] %}{% else %}{% set text = m['content'] %}{% endif %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + text.strip() + ' [/INST]' }}{% elif m['role'] == 'assistant' %}{{ ' ' + text.strip() + ' ' + eos_token }}{% else %}{{ raise_exception('role') }}{% endif %}{% endfor %}`,
  // Meta-Llama-3-8B-Instruct, as in llama.cpp's tests/test-chat-template.cpp ("Llama-3", MIT).
  llama3: `{% for m in messages %}{% set text = '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set text = bos_token + text %}{% endif %}{{ text }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
  // OpenHermes-2.5-Mistral-7B, as in llama.cpp's tests/test-chat-template.cpp (MIT).
  chatml: `{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  // zephyr-7b-beta and TinyLlama-1.1B-Chat-v1.0, tokenizer_config.json (MIT and Apache 2.0).
  zephyr: `{% for m in messages %}{% if m['role'] in ['user', 'system', 'assistant'] %}{{ '<|' + m['role'] + '|>\\n' + m['content'] + eos_token + '\\n' }}{% else %}{{ raise_exception('role') }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`,
  // gemma-7b-it, as in llama.cpp's tests/test-chat-template.cpp (MIT), with the beginning that Google's page asks for.
  gemma: `{{ bos_token }}{% for m in messages %}${TURNS}{% if m['role'] == 'assistant' %}{% set role = 'model' %}{% elif m['role'] == 'user' %}{% set role = 'user' %}{% else %}{{ raise_exception('role') }}{% endif %}{{ '<start_of_turn>' + role + '\\n' + m['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`,
  // vicuna-7b-v1.5 has none; FastChat's conversation.py ("vicuna_v1.1": ADD_COLON_TWO, " " and "</s>", Apache 2.0).
  vicuna: `{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] + ' ' }}{% elif m['role'] == 'user' %}{{ 'USER: ' + m['content'] + ' ' }}{% elif m['role'] == 'assistant' %}{{ 'ASSISTANT: ' + m['content'] + eos_token }}{% else %}{{ raise_exception('role') }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}`,
};

const CONVERSATION: readonly ChatMessage[] = [
  { role: "user", content: "Hello" },
  { role: "assistant", content: "Hi there" },
  { role: "user", content: "Who are you" },
];
const WITH_SYSTEM: readonly ChatMessage[] = [{ role: "system", content: "Be brief." }, ...CONVERSATION];

/** Prompts as documented: llama.cpp's expected outputs, Meta's, Google's and FastChat's pages. */
const DOCUMENTED: Readonly<Record<TemplateName, readonly [readonly ChatMessage[], string]>> = {
  mixtral: [CONVERSATION, "<s>[INST] Hello [/INST] Hi there</s>[INST] Who are you [/INST]"],
  nowllm: [CONVERSATION, "<s>[INST]Hello[/INST]Hi there</s>[INST]Who are you[/INST]"],
  llama2: [
    WITH_SYSTEM,
    "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHello [/INST] Hi there </s><s>[INST] Who are you [/INST]",
  ],
  llama3: [
    WITH_SYSTEM,
    "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWho are you<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
  ],
  chatml: [
    WITH_SYSTEM,
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi there<|im_end|>\n<|im_start|>user\nWho are you<|im_end|>\n<|im_start|>assistant\n",
  ],
  zephyr: [
    WITH_SYSTEM,
    "<|system|>\nBe brief.</s>\n<|user|>\nHello</s>\n<|assistant|>\nHi there</s>\n<|user|>\nWho are you</s>\n<|assistant|>\n",
  ],
  gemma: [
    CONVERSATION,
    "<s><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n<start_of_turn>user\nWho are you<end_of_turn>\n<start_of_turn>model\n",
  ],
  vicuna: [WITH_SYSTEM, "<s>Be brief. USER: Hello ASSISTANT: Hi there</s>USER: Who are you ASSISTANT:"],
  plain: [WITH_SYSTEM, "<s>Be brief.\n\nUser: Hello\nAssistant: Hi there\nUser: Who are you\nAssistant:"],
};

describe.each(Object.entries(DOCUMENTED))("%s", (name, [messages, expected]) => {
  const render = BUILT_IN_TEMPLATES[name as TemplateName];

  it("gives the documented prompt", () => {
    expect(render(messages, { ...TOKENS, addGenerationPrompt: true })).toBe(expected);
  });

  const jinja = PUBLISHED[name as TemplateName];
  it.skipIf(jinja === undefined)("equals its Jinja on any conversation, refusals too", () => {
    const template = new Template(jinja!);
    let rendered = 0;
    fc.assert(
      fc.property(conversations, fc.boolean(), (conversation, addGenerationPrompt) => {
        const ours = attempt(() => render(conversation, { ...TOKENS, addGenerationPrompt }));
        const theirs = attempt(() =>
          template.render({
            messages: conversation,
            bos_token: TOKENS.bos,
            eos_token: TOKENS.eos,
            add_generation_prompt: addGenerationPrompt,
          }),
        );
        if (ours !== undefined) rendered++;
        expect(ours).toBe(theirs);
      }),
      { numRuns: 400 },
    );
    // If all were refused, nothing would have been compared.
    expect(rendered).toBeGreaterThan(100);
  });
});

const contents = fc.oneof(
  fc.constantFrom("", " ", "Hi", "  padded  ", "two\nlines\n", "</s>[INST]", "{{ bos_token }}", "«京»"),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);
const message = (role: ChatMessage["role"]) => contents.map((content): ChatMessage => ({ role, content }));
const turns = fc
  .tuple(fc.array(fc.tuple(message("user"), message("assistant")), { maxLength: 3 }), message("user"))
  .map(([pairs, last]) => [...pairs.flat(), last]);
/** Well-formed ones, the same behind a system text, and roles in any order. */
const conversations = fc.oneof(
  turns,
  fc.tuple(message("system"), turns).map(([system, rest]) => [system, ...rest]),
  fc.array(fc.constantFrom(...CHAT_ROLES).chain(message), { minLength: 1, maxLength: 6 }),
);

/** undefined for a refusal, which ours tells by an AppError and Jinja by raise_exception(). */
function attempt(render: () => string): string | undefined {
  try {
    return render();
  } catch (error) {
    if (isAppError(error) || /turns|role/.test((error as Error).message)) return undefined;
    throw error;
  }
}
