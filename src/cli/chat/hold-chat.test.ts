import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { createScriptedModel, type GenerateRequest, type LanguageModel } from "../../engine/index.ts";
import { silentLogger } from "../../logger.ts";
import type { CliContext } from "../context.ts";
import type { ChatSettings } from "./answer-turn.ts";
import { createChat } from "./chat.ts";
import { chatDocument } from "./chat-document.ts";
import { NEW_CONVERSATION } from "./conversation.ts";
import { holdChat } from "./hold-chat.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-hold-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// Errors go to the terminal; here they are looked at.
const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
afterEach(() => stderr.mockClear());

const template = { name: "mixtral", template: "mixtral", reason: "" } as const;
const scripted = createScriptedModel({
  info: { template },
  expected: (sequence) => (sequence.length > (asked.at(-1)?.prompt.length ?? 0) ? scripted.info.eos : says),
});
const [fox, nothing] = [(await scripted.tokenize("fox"))[0]!, scripted.info.eos!];
let says = fox;
const asked: GenerateRequest[] = [];
const model: LanguageModel = {
  ...scripted,
  generate(request) {
    asked.push(request);
    return scripted.generate(request);
  },
};

/** Holds a chat in which these turns are typed. */
async function talk(lines: readonly string[], given: { isTalk?: boolean; temperature?: number } = {}) {
  const { isTalk = true, temperature = 0 } = given;
  const logger = { ...silentLogger, warn: vi.fn() };
  const config = { store: join(folder, "runs.db"), cacheDir: join(folder, "cache") };
  const settings: ChatSettings = {
    ...{ sampling: { temperature }, seed: 7, stop: undefined, format: undefined, maxTokens: 8 },
    ...{ reserve: 16, whenFull: "cut" },
  };
  const chat = createChat({
    context: { logger, config } as unknown as CliContext,
    ...{ model, settings, conversation: NEW_CONVERSATION, session: undefined },
    guarded: { mode: "off", guard: undefined, wasLookedFor: false },
  });
  const queue = [...lines];
  const shown: string[] = [];
  const add = (text: string) => void shown.push(text);
  asked.length = 0;
  const status = await holdChat(chat, {
    isTalk,
    source: { next: async () => queue.shift(), close: () => undefined },
    screen: {
      answer: add,
      note: () => undefined,
      show: add,
      endAnswer: () => undefined,
      wait: () => undefined,
    },
    stopper: {
      during: (work) => work(new AbortController().signal),
      press: () => undefined,
      isLeaving: () => false,
    },
  });
  return { chat, status, shown, errors: stderr.mock.calls.map(([text]) => text).join("") };
}

test("turns are kept, taken back, and begun anew", async () => {
  const { chat, shown } = await talk(["cat", "dog", "/undo", "tree", "/clear", "/undo", "river"]);
  expect(chat.conversation.turns.map(({ user }) => user)).toEqual(["cat", "tree", "river"]);
  expect(chat.conversation.from).toBe(2);
  expect(shown).toEqual([
    "fox",
    "fox",
    "The last turn is taken back.",
    "fox",
    "The conversation begins anew.",
    "fox",
  ]);
  expect(await scripted.detokenize(asked.at(-1)!.prompt)).not.toContain("cat");
  expect(chatDocument(chat, "done")).toMatchObject({ said: 3, prompt: { turns: 1 }, turns: { length: 5 } });
});

test("a text is answered again with the next seed, and replaces its turn", async () => {
  const { chat } = await talk(["cat", "/retry", "/retry"], { temperature: 1 });
  expect(asked.map(({ seed }) => seed)).toEqual([7, 8, 9]);
  expect(chat.conversation.turns).toHaveLength(1);
  const greedy = await talk(["/retry", "cat", "/retry", "/system Be brief.", "/retry"]);
  expect(greedy.errors).toContain("There is no text to answer again.");
  expect(greedy.errors).toContain("At temperature 0 the answer would be the same.");
  expect(asked).toHaveLength(2);
  expect(await scripted.detokenize(asked.at(-1)!.prompt)).toContain("Be brief.");
});

test("system text, tokens and guard are shown and changed", async () => {
  const { shown, errors } = await talk([
    ...[
      "/tokens",
      "/system",
      "/system Be\u001b[2J",
      "/system",
      "/system -",
      "/tokens cat",
      "/guard",
      "/guard x",
      "/guard flag",
    ],
  ]);
  expect(shown).toContain("There is no system text.");
  expect(shown).toContain("System text: Be\\x1b[2J");
  expect(shown.find((text) => text.includes("|▁cat|"))).toMatch(
    /\d+ tokens; which of them are glitch tokens is not known\.$/,
  );
  expect(shown.at(-2)).toBe("Guard: off.");
  expect(shown.at(-1)).toContain("Guard: flag, but scripted was never mined");
  expect(errors).toContain("Nothing was asked");
  expect(errors).toContain("There is no such guard mode.");
});

test("a chat is saved under a name that is not taken", async () => {
  const { chat } = await talk(["cat", "/save fox", "dog"]);
  await chat.session?.close();
  const second = await talk(["/save fox", "/save", "tree"]);
  expect(second.errors).toContain("There is a session fox already.");
  expect(second.errors).toContain("A session needs a name.");
  expect(second.chat.session).toBeUndefined();
});

test("an answer that says nothing is no turn", async () => {
  says = nothing;
  const { chat, status } = await talk(["cat"], { isTalk: false });
  says = fox;
  expect(chat.conversation.turns).toEqual([]);
  expect(status).toBe(0);
});

test("what fails in a pipe makes the status, at a terminal it is said and forgotten", async () => {
  const lines = ["/hlep \u001b[2J", "cat ".repeat(2_000), "/quit", "never"];
  const piped = await talk(lines, { isTalk: false });
  expect(piped.status).toBe(1);
  expect(piped.errors).toContain("Did you mean /help?");
  expect(piped.errors).toContain("the context holds 1024");
  expect(asked).toEqual([]);
  expect((await talk(lines)).status).toBe(0);
});
