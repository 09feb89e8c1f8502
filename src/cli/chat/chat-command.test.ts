import { expect, test } from "vitest";
import { CHAT_COMMANDS, readInput } from "./chat-command.ts";

test("a slash begins a command, two a text", () => {
  expect(readInput("/system  Be brief. ", false)).toEqual({
    type: "command",
    name: "system",
    rest: "Be brief.",
  });
  expect(readInput("/undo", false)).toEqual({ type: "command", name: "undo", rest: "" });
  expect(readInput("//etc/passwd", false)).toEqual({ type: "text", text: "/etc/passwd" });
  expect(readInput("what is /help?", false)).toEqual({ type: "text", text: "what is /help?" });
});

test("a text of several lines is never a command", () => {
  expect(readInput("/clear\nand more", true)).toEqual({ type: "text", text: "/clear\nand more" });
});

test("an unknown command is told, with the nearest", () => {
  expect(readInput("/hlep", false)).toEqual({ type: "unknown", name: "hlep", near: "help" });
  for (const name of ["", "constructor", "__proto__", "home/user"])
    expect(readInput(`/${name}`, false)).toMatchObject({ type: "unknown", name });
  for (const name of Object.keys(CHAT_COMMANDS)) expect(readInput(`/${name}`, false).type).toBe("command");
});
