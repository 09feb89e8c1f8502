import { describe, expect, it } from "vitest";
import type { ChatMessage } from "./messages.ts";
import { renderChat } from "./render-chat.ts";

const TOKENS = { bos: "<s>", eos: "</s>" };
const say = (...turns: [ChatMessage["role"], string][]) =>
  turns.map(([role, content]) => ({ role, content }));

/** The template that Mixtral 8x7B Instruct v0.1 came with, in short. */
const STRICT = `{{ bos_token }}{% for m in messages %}
{%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}
{%- if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m['content'] + eos_token }}{% endif %}
{%- endfor %}`;

describe("built-in templates", () => {
  it("mixtral: spaces inside, an end after each answer", async () => {
    const messages = say(["user", "Hi"], ["assistant", "Hello"], ["user", "Bye"]);
    expect(await renderChat("mixtral", messages, TOKENS)).toEqual({
      text: "<s>[INST] Hi [/INST] Hello</s>[INST] Bye [/INST]",
      rewrites: [],
    });
  });

  it("nowllm: none", async () => {
    const messages = say(["system", "S"], ["user", "Hi"]);
    expect(await renderChat("nowllm", messages, TOKENS)).toEqual({
      text: "<s>[INST]S\n\nHi[/INST]",
      rewrites: ["The system text was put before the first user text."],
    });
  });

  it("refuse what no rewrite mends", async () => {
    await expect(renderChat("mixtral", say(["assistant", "Hello"]), TOKENS)).rejects.toMatchObject({
      code: "USAGE",
    });
    await expect(renderChat("mixtral", [], TOKENS)).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("templates of a model", () => {
  it("get messages as they are when they take them", async () => {
    const template =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
    const messages = say(["system", "S"], ["user", "a"], ["user", "b"]);
    expect(await renderChat(template, messages, TOKENS)).toEqual({
      text: "<system>S<user>a<user>b<assistant>",
      rewrites: [],
    });
  });

  it("get the system text with the first user text when they refuse it", async () => {
    expect(await renderChat(STRICT, say(["system", "S"], ["user", "a"]), TOKENS)).toEqual({
      text: "<s>[INST] S\n\na [/INST]",
      rewrites: ["The system text was put before the first user text."],
    });
  });

  it("get it too when they drop it without a word", async () => {
    const deaf = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}";
    expect((await renderChat(deaf, say(["system", "Be brief."], ["user", "a"]), TOKENS)).text).toBe(
      "Be brief.\n\na",
    );
  });

  it("get neighbours joined", async () => {
    expect(await renderChat(STRICT, say(["user", "a"], ["user", "b"]), TOKENS)).toEqual({
      text: "<s>[INST] a\n\nb [/INST]",
      rewrites: ["Neighbouring messages of one role were joined."],
    });
  });

  it("are not tried with other messages when they take too long", async () => {
    const looping = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
    const template = `{% if messages[0].role == 'system' %}${looping}{% endif %}{{ messages[0].content }}`;
    const rendering = renderChat(template, say(["system", "S"], ["user", "a"]), {
      ...TOKENS,
      timeoutMs: 200,
    });
    await expect(rendering).rejects.toMatchObject({ code: "UNSUPPORTED", details: { limit: "time" } });
  });

  it.each([
    ["loops without end", "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"],
    [
      "fills the memory",
      "{% set n = namespace(a=[1, 2]) %}{% for i in range(40) %}{% set n.a = n.a + n.a %}{% endfor %}",
    ],
    ["does not parse", "{{ messages"],
    ["asks for code", "{{ ''.constructor.constructor('return process')() }}"],
  ])("fail alone when one %s", async (_, template) => {
    const rendering = renderChat(template, say(["user", "a"]), { ...TOKENS, timeoutMs: 1_000 });
    await expect(rendering).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
