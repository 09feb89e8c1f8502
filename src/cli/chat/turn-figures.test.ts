import { expect, test } from "vitest";
import type { TurnDone } from "./answer-turn.ts";
import { NEW_CONVERSATION } from "./conversation.ts";
import { describeRoom, describeTurn } from "./turn-figures.ts";

const guard = {
  mode: "off",
  source: undefined,
  findings: [],
  inTemplate: 0,
  replaced: 0,
  left: 0,
  bannedFromOutput: 0,
} as const;
const turn: TurnDone = {
  ...{
    conversation: NEW_CONVERSATION,
    text: "",
    reason: "stop",
    guard,
    room: undefined,
    rewrites: [],
    ids: [],
  },
  ...{ promptTokens: 431, cachedTokens: 419, completionTokens: 38, seconds: 0.88 },
};
const said = (more: Partial<TurnDone>) => describeTurn({ ...turn, ...more }, 2_048);

test("a turn is one line", () => {
  expect(said({})).toBe("12 of 431 prompt tokens evaluated, 38 tokens in 0.9 s (42/s)");
  expect(said({ seconds: 0, completionTokens: 1 })).toBe(
    "12 of 431 prompt tokens evaluated, 1 token in 0.00 s",
  );
  expect(said({ seconds: 20 })).toMatch(/38 tokens in 20\.0 s \(1\.9\/s\)$/);
});

test("it says why an answer ended early, and what the guard did", () => {
  expect(said({ reason: "stopped", cachedTokens: undefined })).toBe(
    "431 prompt tokens, 38 tokens in 0.9 s (42/s), stopped",
  );
  expect(said({ reason: "length" })).toMatch(/cut off by --max-tokens$/);
  expect(said({ reason: "length", promptTokens: 2_010 })).toMatch(/cut off: the context is full$/);
  const findings = [{ id: 1, index: 0, text: "x" }];
  expect(said({ guard: { ...guard, findings, replaced: 1 } })).toMatch(
    /guard: 1 glitch token written in others$/,
  );
  expect(said({ guard: { ...guard, findings, left: 2 } })).toMatch(/guard: 2 glitch tokens in the prompt$/);
});

test("it says what was done to old turns", () => {
  const room = { how: "cut", turns: 1, tokensBefore: 2_300, tokensAfter: 1_900 } as const;
  expect(describeRoom(room)).toBe(
    "The context was full: the oldest turn was cut; the prompt has 1,900 tokens in place of 2,300.",
  );
  expect(describeRoom({ ...room, turns: 3, how: "compress" })).toContain(
    "the 3 oldest turns became a summary",
  );
  expect(describeRoom({ ...room, turns: 0 })).toContain("the summary of earlier turns was dropped");
});
