import { expect, test } from "vitest";
import { chatFrame } from "./chat-frame.ts";
import { createScriptedModel } from "./scripted-model.ts";

const frameOf = (info: { name?: string; chatTemplate: string | undefined }) =>
  chatFrame(createScriptedModel({ info }));

test("stands around the turn as the file's own template writes it, without the beginning of sequence", async () => {
  const inst = "{{ bos_token }}{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}";
  expect(await frameOf({ chatTemplate: inst })).toEqual({
    open: "[INST] ",
    close: " [/INST]",
    isMarkup: true,
  });
  const zephyr =
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content | trim }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}";
  expect(await frameOf({ chatTemplate: zephyr })).toEqual({
    open: "<|user|>\n",
    close: "</s>\n<|assistant|>\n",
    isMarkup: true,
  });
});

test("of nowllm has no inner spaces, whatever the file says", async () => {
  const inst = "{{ bos_token }}{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}";
  expect(await frameOf({ name: "nowllm-0829", chatTemplate: inst })).toMatchObject({
    open: "[INST]",
    close: "[/INST]",
  });
});

test.each([
  ["no template", undefined],
  ["one that cannot be read", "{{ messages"],
  ["one that drops the turn", "hello"],
  ["one that says it twice", "{{ messages[0].content }}{{ messages[0].content }}"],
])("is a plain question and answer for %s", async (_, chatTemplate) => {
  expect(await frameOf({ name: "some", chatTemplate })).toEqual({
    open: "",
    close: "\nAnswer:",
    isMarkup: false,
  });
});
