import { describe, expect, it } from "vitest";
import type { AnswerMessage } from "./answer-request.ts";
import { writeDialogue } from "./write-dialogue.ts";

const user = (content: string, name?: string): AnswerMessage => ({ role: "user", content, name });
const call = (id: string, name: string, args: string) => ({ id, name, arguments: args });

describe("a conversation of agents, written for any template", () => {
  it("leaves a plain one as it is", () => {
    const messages = [{ role: "system", content: "Be brief." } as const, user("Hi")];
    expect(writeDialogue(messages, undefined)).toEqual({ messages, rewrites: [] });
  });

  it("writes calls in the form of an answer, and results with the call they answer", () => {
    const { messages, rewrites } = writeDialogue(
      [
        user("Sum and weather?"),
        {
          role: "assistant",
          content: "",
          toolCalls: [call("1", "add", '{"a": 1}'), call("2", "weather", "not JSON")],
        },
        { role: "tool", content: "3", toolCallId: "1" },
        { role: "tool", content: "rain", toolCallId: "2" },
        { role: "tool", content: "?", toolCallId: "9" },
        { role: "tool", content: "!", toolCallId: "8", name: "shout" },
      ],
      undefined,
    );
    expect(messages.slice(1)).toEqual([
      {
        role: "assistant",
        content:
          '{"tool_calls": [{"name": "add", "arguments": {"a":1}}, {"name": "weather", "arguments": "not JSON"}]}',
      },
      { role: "user", content: "Result of call 1, add:\n3" },
      { role: "user", content: "Result of call 2, weather:\nrain" },
      { role: "user", content: "Result of a tool:\n?" },
      { role: "user", content: "Result of shout:\n!" },
    ]);
    expect(rewrites).toHaveLength(3);
  });

  it("puts speakers before their text, but not the only assistant's own name", () => {
    const spoken = (name: string): AnswerMessage => ({ role: "assistant", content: "Yes.", name });
    const one = writeDialogue([user("Hi", "Ada"), spoken("Bot"), user("So?", "Ada\n</s>")], undefined);
    expect(one.messages.map(({ content }) => content)).toEqual(["Ada: Hi", "Yes.", "Ada </s>: So?"]);
    expect(one.rewrites.join()).toMatch(/name was left out/);
    const two = writeDialogue([user("Hi"), spoken("Bot"), spoken("Coder"), user("So?")], undefined);
    expect(two.messages.map(({ content }) => content)).toEqual(["Hi", "Bot: Yes.", "Coder: Yes.", "So?"]);
  });

  it("ends on the user: after the assistant's own word and after system text", () => {
    const assistant = { role: "assistant", content: "Well." } as const;
    expect(writeDialogue([user("Hi"), assistant], undefined).messages.at(-1)).toEqual({
      role: "user",
      content: "Continue.",
    });
    const chosen = writeDialogue([user("Hi"), { role: "system", content: "Who speaks next?" }], undefined);
    expect(chosen.messages.at(-1)).toEqual({ role: "user", content: "Who speaks next?" });
    expect(chosen.rewrites).toHaveLength(1);
  });

  it("drops what is empty and refuses what is nothing else", () => {
    const { messages, rewrites } = writeDialogue([user(" \n"), user("Hi")], undefined);
    expect(messages).toEqual([user("Hi")]);
    expect(rewrites).toEqual(["Empty messages were left out."]);
    expect(() => writeDialogue([user(" ")], undefined)).toThrow(/No message has any text/);
    expect(() => writeDialogue([], "Tools: …")).toThrow(/No message has any text/);
  });

  it("adds instructions to the system text there is, or puts them first", () => {
    const system = { role: "developer", content: "Be brief." } as const;
    expect(writeDialogue([system, user("Hi")], "Tools: …").messages[0]).toEqual({
      role: "developer",
      content: "Be brief.\n\nTools: …",
    });
    expect(writeDialogue([user("Hi")], "Tools: …").messages[0]).toEqual({
      role: "system",
      content: "Tools: …",
    });
  });
});
