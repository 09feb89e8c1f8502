/** What a turn cost and what was done about it, in words. */

import { formatCount, formatSeconds } from "../../report/index.ts";
import type { TurnDone } from "./answer-turn.ts";
import type { RoomMade } from "./make-room.ts";

/**
 * One line under an answer.
 * @param context the model's, to say which limit an answer ran into
 * @example "12 of 431 prompt tokens evaluated, 38 tokens in 0.9 s (42/s)"
 */
export function describeTurn(turn: TurnDone, context: number): string {
  const { promptTokens, cachedTokens, completionTokens, seconds, reason, guard } = turn;
  const prompt =
    cachedTokens === undefined
      ? `${formatCount(promptTokens)} prompt tokens`
      : `${formatCount(promptTokens - cachedTokens)} of ${formatCount(promptTokens)} prompt tokens evaluated`;
  // The first token is there when the clock begins.
  const rate =
    seconds > 0 && completionTokens > 1 ? ` (${formatRate((completionTokens - 1) / seconds)}/s)` : "";
  const parts = [
    prompt,
    `${formatCount(completionTokens)} ${completionTokens === 1 ? "token" : "tokens"} in ${formatTime(seconds)}${rate}`,
  ];
  if (reason === "stopped") parts.push("stopped");
  if (reason === "length")
    parts.push(
      promptTokens + completionTokens >= context ? "cut off: the context is full" : "cut off by --max-tokens",
    );
  if (guard.replaced > 0) parts.push(`guard: ${glitchTokens(guard.findings.length)} written in others`);
  if (guard.left > 0) parts.push(`guard: ${glitchTokens(guard.left)} in the prompt`);
  return parts.join(", ");
}

/** What was done to old turns. */
export function describeRoom({ how, turns, tokensBefore, tokensAfter }: RoomMade): string {
  const what =
    turns === 0
      ? `the summary of earlier turns was ${how === "cut" ? "dropped" : "shortened"}`
      : `${turns === 1 ? "the oldest turn" : `the ${turns} oldest turns`} ${
          how === "cut" ? (turns === 1 ? "was cut" : "were cut") : "became a summary"
        }`;
  return `The context was full: ${what}; the prompt has ${formatCount(tokensAfter)} tokens in place of ${formatCount(tokensBefore)}.`;
}

function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate));
}

function formatTime(seconds: number): string {
  return seconds < 0.1 ? `${seconds.toFixed(2)} s` : formatSeconds(seconds);
}

function glitchTokens(count: number): string {
  return `${formatCount(count)} glitch ${count === 1 ? "token" : "tokens"}`;
}
