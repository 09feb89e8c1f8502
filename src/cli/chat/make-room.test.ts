import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createScriptedModel, type GenerateRequest, type LanguageModel } from "../../engine/index.ts";
import { answerTurn, type ChatSettings } from "./answer-turn.ts";
import { type Conversation, messagesOf, NEW_CONVERSATION, type Turn } from "./conversation.ts";
import { makeRoom, WHEN_FULL, type WhenFull } from "./make-room.ts";

const CONTEXT = 300;

/** A model that says "fox" to everything, and keeps what it was asked. */
function talker() {
  const asked: GenerateRequest[] = [];
  const template = { name: "mixtral", template: "mixtral", reason: "" } as const;
  const model = createScriptedModel({
    info: { context: CONTEXT, template },
    expected: (sequence) => (sequence.length > asked.at(-1)!.prompt.length ? model.info.eos : fox),
  });
  let fox = 0;
  const speaking: LanguageModel = {
    ...model,
    generate(request) {
      asked.push(request);
      return model.generate(request);
    },
  };
  return {
    asked,
    async open() {
      fox = (await model.tokenize("fox"))[0]!;
      return speaking;
    },
  };
}

const settings = (whenFull: WhenFull, reserve: number): ChatSettings => ({
  ...{ sampling: {}, seed: 0, stop: undefined, format: undefined, maxTokens: undefined },
  ...{ reserve, whenFull },
});
const wishes = () => ({
  guard: undefined,
  mode: "off" as const,
  signal: new AbortController().signal,
  onText: () => undefined,
});

const words = (most: number) =>
  fc
    .array(fc.constantFrom("cat", "dog", "water", "Monday", "the", "quick", "brown", "tree"), {
      minLength: 1,
      maxLength: most,
    })
    .map((list) => list.join(" "));
const turns = fc.array(fc.record({ user: words(60), assistant: words(60) }), { maxLength: 12 });

describe("the rule for a full context", () => {
  test("keeps system text and the new text, stays within the context, and roles alternate", async () => {
    const how = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.option(words(30), { nil: undefined }),
        turns,
        words(90),
        fc.constantFrom(...WHEN_FULL),
        fc.integer({ min: 1, max: 120 }),
        async (system, said, text, whenFull, reserve) => {
          const { asked, open } = talker();
          const model = await open();
          const before: Conversation = { ...NEW_CONVERSATION, system, turns: said };
          let done: Awaited<ReturnType<typeof answerTurn>>;
          try {
            done = await answerTurn(model, settings(whenFull, reserve), before, text, wishes());
          } catch (error) {
            how.add("refused");
            expect(error).toMatchObject({ code: "CONTEXT_FULL", details: { reserve, context: CONTEXT } });
            // Refused is only what has to be: more than fits by itself, or a rule that takes nothing away.
            if (whenFull !== "stop") {
              const alone = messagesOf({ ...before, turns: [] }, text);
              const ids = await model.tokenize(alone.map(({ content }) => content).join("\n\n"));
              expect(ids.length + 20).toBeGreaterThan(CONTEXT - reserve);
            }
            return;
          }
          how.add(done.room?.how ?? "fits");
          const { prompt, maxTokens } = asked.at(-1)!;
          expect(prompt.length).toBeLessThanOrEqual(CONTEXT - reserve);
          expect(prompt.length + maxTokens).toBeLessThanOrEqual(CONTEXT);
          for (const request of asked)
            expect(request.prompt.length + request.maxTokens).toBeLessThanOrEqual(CONTEXT);
          const shown = await model.detokenize(prompt);
          if (system !== undefined) expect(shown).toContain(system);
          expect(shown).toContain(text);
          const roles = messagesOf(done.conversation).map(({ role }) => role);
          const talk = roles.filter((role) => role !== "system");
          expect(roles.indexOf("system")).toBe(system === undefined ? -1 : 0);
          expect(talk).toEqual(talk.map((_, at) => (at % 2 === 0 ? "user" : "assistant")));
          // Nothing that was said is lost, and what is left are the latest turns.
          expect(done.conversation.turns.slice(0, said.length)).toEqual(said);
          expect(done.conversation.turns.at(-1)).toEqual({ user: text, assistant: "fox" });
        },
      ),
      { numRuns: 150, seed: 1 },
    );
    expect([...how].sort()).toEqual(["compress", "cut", "fits", "refused"]);
  });
});

const turn = (user: string): Turn => ({ user, assistant: "ok" });
/** A hundred tokens a turn, and as many for the new text; a summary has what its text says. */
const count = async ({ turns, from, earlier }: Conversation) =>
  100 * (turns.length - from + 1) + (earlier?.length ?? 0);
const ten: Conversation = { ...NEW_CONVERSATION, turns: Array.from("abcdefghij", turn) };
const need = { context: 10_000, reserve: 9_200, count };

test("cut takes as few turns as have to go", async () => {
  const summarise = vi.fn();
  const { conversation, made } = await makeRoom(ten, { ...need, whenFull: "cut", summarise });
  expect(conversation.from).toBe(3);
  expect(made).toEqual({ how: "cut", turns: 3, tokensBefore: 1_100, tokensAfter: 800 });
  expect(summarise).not.toHaveBeenCalled();
});

test("compress takes the older half, and an earlier summary with it", async () => {
  const summarise = vi.fn(async () => "s".repeat(200));
  const before = { ...ten, from: 1, earlier: "e".repeat(50) };
  const { conversation, made } = await makeRoom(before, { ...need, whenFull: "compress", summarise });
  expect(summarise).toHaveBeenCalledExactlyOnceWith(ten.turns.slice(1, 7), before.earlier, 256);
  expect(conversation).toEqual({ ...ten, from: 7, earlier: "s".repeat(200) });
  expect(made).toMatchObject({ how: "compress", turns: 6, tokensAfter: 600 });
});

test.each([
  ["nothing was written", undefined],
  ["it is too long all the same", "s".repeat(600)],
])("without a summary turns are cut: %s", async (_, text) => {
  const { conversation, made } = await makeRoom(ten, {
    ...need,
    whenFull: "compress",
    summarise: async () => text,
  });
  expect(conversation).toEqual({ ...ten, from: 3 });
  expect(made?.how).toBe("cut");
});

test("stop says the counts and takes nothing away", async () => {
  const stop = makeRoom(ten, { ...need, whenFull: "stop", summarise: vi.fn() });
  await expect(stop).rejects.toMatchObject({
    code: "CONTEXT_FULL",
    message:
      "The conversation has 1100 tokens with this text, 9200 are kept for the answer, and the context holds 10000.",
  });
});
