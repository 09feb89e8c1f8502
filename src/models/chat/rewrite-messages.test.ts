import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEMPLATE_NAMES } from "./built-in-templates.ts";
import { CHAT_ROLES, type ChatMessage } from "./messages.ts";
import { renderChat } from "./render-chat.ts";
import { ATTEMPTS } from "./rewrite-messages.ts";

const TOKENS = { bos: "<s>", eos: "</s>" };
const say = (...turns: [ChatMessage["role"], string][]) =>
  turns.map(([role, content]) => ({ role, content }));
const render = (name: string, ...turns: [ChatMessage["role"], string][]) =>
  renderChat(name, say(...turns), TOKENS);

describe("rewrites", () => {
  it("leave system text in the middle in the middle", async () => {
    const turns = say(["user", "a"], ["assistant", "b"], ["system", "Now be brief."], ["user", "c"]);
    expect(await renderChat("mixtral", turns, TOKENS)).toEqual({
      text: "<s>[INST] a [/INST] b</s>[INST] Now be brief.\n\nc [/INST]",
      rewrites: ["System text in the middle was put before the user text that follows it."],
    });
  });

  it("give a developer's text as system text, and that to the user where there is no such role", async () => {
    expect(await render("llama2", ["developer", "S"], ["user", "a"])).toEqual({
      text: "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\na [/INST]",
      rewrites: [expect.stringContaining("developer to system")],
    });
    const { text, rewrites } = await render("gemma", ["developer", "S"], ["user", "a"]);
    expect(text).toContain("user\nS\n\na<end_of_turn>");
    expect(rewrites).toEqual([
      expect.stringContaining("developer to system"),
      expect.stringContaining("before the first user text"),
    ]);
  });

  it("mark what a tool said, and join it with what the user adds", async () => {
    const turns = say(["user", "a"], ["assistant", "b"], ["tool", "42"], ["user", "Well?"]);
    const { text, rewrites } = await renderChat("nowllm", turns, TOKENS);
    expect(text).toBe("<s>[INST]a[/INST]b</s>[INST]Tool result:\n42\n\nWell?[/INST]");
    expect(rewrites).toHaveLength(2);
  });

  it("open with the user where an assistant greets first, and only where a user speaks at all", async () => {
    expect(await render("mixtral", ["assistant", "Hello!"], ["user", "Hi"])).toEqual({
      text: "<s>[INST]  [/INST] Hello!</s>[INST] Hi [/INST]",
      rewrites: [expect.stringContaining("empty user message")],
    });
    await expect(render("mixtral", ["assistant", "Hello!"])).rejects.toMatchObject({ code: "USAGE" });
  });

  it("make a lone system text the user's", async () => {
    expect((await render("gemma", ["system", "S"])).text).toContain("user\nS<end_of_turn>");
  });

  it("put no blank lines where a text is empty", async () => {
    expect((await render("mixtral", ["system", ""], ["user", "a"])).text).toBe("<s>[INST] a [/INST]");
    expect((await render("mixtral", ["user", "a"], ["user", " "])).text).toBe("<s>[INST] a [/INST]");
  });

  it("leave empty texts out where they would make a turn of nothing", async () => {
    const turns = say(["user", "a"], ["assistant", "b"], ["assistant", ""], ["system", ""]);
    expect((await renderChat("mixtral", turns, TOKENS)).text).toBe("<s>[INST] a [/INST] b</s>");
  });

  it("refuse a role that there is not", async () => {
    const turns = [{ role: "critic", content: "No" } as unknown as ChatMessage];
    await expect(renderChat("chatml", turns, TOKENS)).rejects.toMatchObject({ code: "USAGE" });
  });

  it("let every conversation in which a user speaks through every template, with all that was said", async () => {
    const message = fc.record({
      role: fc.constantFrom(...CHAT_ROLES),
      content: fc.constantFrom("", "alpha", "beta gamma", "δ"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...TEMPLATE_NAMES),
        async (messages, name) => {
          const hasUser = messages.some(({ role, content }) => role === "user" && content !== "");
          fc.pre(hasUser);
          const { text } = await renderChat(name, messages, TOKENS);
          for (const { content } of messages) expect(text).toContain(content);
        },
      ),
    );
  });

  it("change nothing twice", () => {
    const message = fc.record({
      role: fc.constantFrom(...CHAT_ROLES),
      content: fc.constantFrom("", " ", "a"),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        for (const { apply } of ATTEMPTS.flat()) {
          const once = apply(messages);
          expect(apply(once)).toBe(once);
        }
      }),
    );
  });
});
