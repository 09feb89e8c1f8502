/**
 * Gates: what rules a model out whatever the score says. Context and memory are hard. Glitch tokens, the deadline
 * and the caller's tier rule a model out only while another one is left: an answer with a flaw is worth more than
 * none, and each of the three is looked after again where the answer is made.
 */

import { AppError } from "../errors.ts";
import { predictSeconds } from "./predict-seconds.ts";
import type { RouteAlternative, RouteCandidate, RouteQuestion } from "./route-decision.ts";
import { ANSWER_TOKENS } from "./score.ts";

export const GATES = ["context", "memory", "glitch tokens", "deadline", "tier"] as const;
export type Gate = (typeof GATES)[number];

/** A model that a gate keeps out. */
export interface ClosedCandidate extends RouteAlternative {
  readonly tier: RouteCandidate["tier"];
  readonly gate: Gate;
}

export interface GateResult {
  /** In the order of the question; at least one. */
  readonly open: readonly RouteCandidate[];
  readonly closed: readonly ClosedCandidate[];
}

/**
 * Lets the candidates through the gates.
 * @throws AppError MODEL_NOT_FOUND without candidates; CONTEXT_FULL, OUT_OF_MEMORY when none is left, with each
 *   one's reason
 */
export function applyGates(question: RouteQuestion): GateResult {
  const { candidates, features, tier, deadline } = question;
  if (candidates.length === 0)
    throw new AppError("MODEL_NOT_FOUND", "No model is served that a request could be routed to.", {
      hint: "Name the models when the server is started: npx assay serve lab-moe lab-dense",
    });
  const closed: ClosedCandidate[] = [];
  const close = (some: readonly RouteCandidate[], gate: Gate, say: (one: RouteCandidate) => string) => {
    for (const one of some)
      closed.push({ model: one.model, tier: one.tier, gate, reason: `${gate}: ${say(one)}` });
  };

  const room = roomFor(question);
  const roomy = candidates.filter((one) => fitsContext(one, room));
  const overflowing = candidates.filter((one) => !fitsContext(one, room));
  close(
    overflowing,
    "context",
    ({ promptTokens, context }) => `${promptTokens} prompt and ${room} answer tokens, ${context} fit`,
  );
  const hard = roomy.filter(fitsMemory);
  close(
    roomy.filter((one) => !hard.includes(one)),
    "memory",
    () => "it is not loaded and there is no room for it",
  );
  if (hard.length === 0) throw nothingLeft(question, closed, roomy.length > 0);

  let open: readonly RouteCandidate[] = hard;
  const soften = (
    gate: Gate,
    passes: (one: RouteCandidate) => boolean,
    say: (one: RouteCandidate) => string,
  ) => {
    const passing = open.filter(passes);
    if (passing.length === 0 || passing.length === open.length) return;
    close(
      open.filter((one) => !passing.includes(one)),
      gate,
      say,
    );
    open = passing;
  };
  soften(
    "glitch tokens",
    ({ glitches }) => glitches === 0,
    ({ glitches }) => `${glitches} of its own in the prompt`,
  );
  const secondsOf = (one: RouteCandidate) => predictSeconds(one, features)?.total;
  if (deadline !== undefined)
    soften(
      "deadline",
      // An unknown speed is no reason: it becomes known by trying.
      (one) => (secondsOf(one) ?? 0) * 1000 <= deadline,
      (one) => `${secondsOf(one)!.toFixed(1)} s predicted, ${(deadline / 1000).toFixed(1)} s given`,
    );
  if (tier !== undefined)
    soften(
      "tier",
      (one) => one.tier === tier,
      () => `the caller asked for a ${tier} model`,
    );
  return { open, closed };
}

/**
 * Tokens that have to be left for the answer. Without a bound a model that has room for a usual answer is better
 * than one that would be cut short, but where none has, room for one token will do.
 */
function roomFor({ candidates, features: { maxTokens } }: RouteQuestion): number {
  if (maxTokens > 0) return maxTokens;
  return candidates.some((one) => fitsMemory(one) && fitsContext(one, ANSWER_TOKENS)) ? ANSWER_TOKENS : 1;
}

function fitsMemory({ loaded, fits }: RouteCandidate): boolean {
  return loaded || fits;
}

function fitsContext({ promptTokens, context }: RouteCandidate, room: number): boolean {
  return promptTokens + room <= context;
}

function nothingLeft(
  { candidates, features }: RouteQuestion,
  closed: readonly ClosedCandidate[],
  isMemory: boolean,
): AppError {
  const reasons = closed.map(({ model, reason }) => `${model}: ${reason}`).join("; ");
  const details = {
    candidates: candidates.map(({ model, context, promptTokens }) => ({ model, context, promptTokens })),
    maxTokens: features.maxTokens,
  };
  return isMemory
    ? new AppError("OUT_OF_MEMORY", `No model that the prompt fits can be loaded (${reasons}).`, {
        hint: "Wait until a model is idle, or serve with more --memory.",
        details,
      })
    : new AppError("CONTEXT_FULL", `The prompt and the answer fit no model (${reasons}).`, {
        hint: "Shorten the conversation, ask for fewer tokens, or serve with a larger --context.",
        details,
      });
}
