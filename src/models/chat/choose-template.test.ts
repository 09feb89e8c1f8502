import { describe, expect, it } from "vitest";
import { chooseTemplate, type TemplateFacts } from "./choose-template.ts";

const MIXTRAL = "{{ bos_token }}{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}";
const CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}";
const hasNone = () => false;
const having =
  (...tokens: string[]) =>
  (text: string) =>
    tokens.includes(text);

describe("chooseTemplate", () => {
  it("takes the file's own", () => {
    expect(chooseTemplate({ name: "mixtral-8x7b-instruct-v0.1", chatTemplate: MIXTRAL })).toEqual({
      name: "own",
      template: MIXTRAL,
      reason: "The file brings its own chat template.",
    });
  });

  it.each([
    ["name", { name: "nowllm-0829.Q4_K_M" }],
    ["name inside the file", { name: "model", title: "NoWLLM 0829" }],
    ["folder's name", { name: "model-00001", title: "Mixtral", folder: "nowllm-0829" }],
  ] as const)("takes nowllm's by the %s, over the template that fine-tuning copied", (kind, facts) => {
    for (const chatTemplate of [undefined, MIXTRAL]) {
      const chosen = chooseTemplate({ ...facts, chatTemplate, hasToken: hasNone });
      expect(chosen).toMatchObject({ name: "nowllm", template: "nowllm" });
      expect(chosen.reason).toContain(`The ${kind} "`);
    }
  });

  it("leaves a nowllm of another family its own template, and other words alone", () => {
    expect(chooseTemplate({ name: "nowllm-0829", chatTemplate: CHATML }).name).toBe("own");
    expect(chooseTemplate({ name: "knowllm", chatTemplate: MIXTRAL }).name).toBe("own");
    expect(chooseTemplate({ name: "nowllms", chatTemplate: MIXTRAL }).name).toBe("own");
  });

  it.each([
    ["llama3", { name: "x", hasToken: having("<|start_header_id|>", "<|eot_id|>") }],
    ["gemma", { name: "x", hasToken: having("<start_of_turn>", "<end_of_turn>") }],
    // Tokens tell more than names do: this fine-tune of Mistral learnt other marks.
    ["chatml", { name: "mistral-7b-instruct-x", hasToken: having("<|im_start|>", "<|im_end|>") }],
    ["mixtral", { name: "mixtral-8x7b-instruct-v0.1.Q4_K_M" }],
    ["mixtral", { name: "model", title: "Mistral 7B Instruct v0.1" }],
    ["mixtral", { name: "model", folder: "Mixtral-8x7B-Instruct-v0.1-GGUF" }],
    ["chatml", { name: "dolphin-2.5-mixtral-8x7b" }],
    ["zephyr", { name: "tinyllama-1.1b-chat-v1.0.Q8_0" }],
    ["zephyr", { name: "zephyr-7b-beta" }],
    ["llama2", { name: "llama-2-7b-chat" }],
    ["llama2", { name: "Llama2_13b_chat" }],
    ["llama3", { name: "Meta-Llama-3-8B-Instruct" }],
    ["vicuna", { name: "vicuna-13b-v1.5" }],
    ["gemma", { name: "gemma-2-2b-it" }],
    ["plain", { name: "mixtral-8x7b-v0.1" }],
    ["plain", { name: "llama-2-7b" }],
    ["plain", { name: "gemma-2b-italian" }],
    ["plain", { name: "anything", chatTemplate: "  \n" }],
  ] as const satisfies readonly (readonly [string, TemplateFacts])[])(
    "takes %s for %o",
    (name, facts: TemplateFacts) => {
      const chosen = chooseTemplate(facts);
      expect(chosen).toMatchObject({ name, template: name });
      expect(chosen.reason).toMatch(/^The .+\.$/);
    },
  );

  it("shows hostile names harmlessly", () => {
    expect(chooseTemplate({ name: "\u001b[31mvicuna" }).reason).toContain('"\\x1b[31mvicuna"');
  });
});
