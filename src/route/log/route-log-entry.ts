/** One line of the route log: what was asked of the router, what it said, what came of it. No text of any prompt. */

import { z } from "zod";
import type { RouteDecision, RouteQuestion } from "../route-decision.ts";

/** What came of a decision. */
export interface RouteOutcome {
  /** The answer of `decision.model` was given up and `decision.escalateTo` answered. */
  readonly escalated: boolean;
  /** Of `decision.model`'s answer: geometric mean of its tokens' p; undefined: not measured. */
  readonly confidence?: number | undefined;
  /** Whether `decision.model`'s answer passed its checks; undefined: there was nothing to check, or no answer. */
  readonly valid?: boolean | undefined;
  /** Of all models that were asked. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** From the decision to the end of the answer. */
  readonly ms: number;
  /** Error code, where there was no answer. */
  readonly error?: string | undefined;
}

export interface RouteLogEntry {
  readonly schema: 1;
  /** When it was decided: ISO 8601. */
  readonly time: string;
  /** The request's. */
  readonly id: string;
  /** The router that decided: each has its own history, also where several servers share a log. */
  readonly router: string;
  /** The policy's name. */
  readonly policy: string;
  readonly question: RouteQuestion;
  readonly decision: RouteDecision;
  readonly outcome: RouteOutcome;
}

const count = z.number().min(0);
const name = z.string().max(500);
const tier = z.enum(["small", "large"]);

/** Lines come from a file that others may have written to: every figure is checked before anything is computed. */
export const routeLogEntrySchema = z.object({
  schema: z.literal(1),
  time: z.iso.datetime(),
  id: name,
  router: name,
  policy: name,
  question: z.object({
    features: z.object({
      characters: count,
      turns: count,
      tools: count,
      schemaDepth: count,
      schemaFields: count,
      digits: count,
      code: count,
      questions: count,
      reasoning: count,
      asks: count,
      rareWords: count,
      otherScript: count.optional(),
      maxTokens: count,
    }),
    candidates: z
      .array(
        z.object({
          model: name,
          tier,
          context: count,
          promptTokens: count,
          loaded: z.boolean(),
          fits: z.boolean(),
          active: count,
          waiting: count,
          promptSpeed: count.optional(),
          generationSpeed: count.optional(),
          glitches: count,
        }),
      )
      .max(1_000),
    tier: tier.optional(),
    deadline: z.number().optional(),
    freeMemory: count.optional(),
  }),
  decision: z.object({
    model: name,
    reason: name,
    score: count.optional(),
    threshold: count.optional(),
    alternatives: z.array(z.object({ model: name, reason: name })).max(1_000),
    escalateTo: name.optional(),
    minConfidence: count.optional(),
    at: z.number().optional(),
    load: z
      .object({
        pressure: z.number(),
        part: z.enum(["queue", "seconds", "memory", "not loaded", "none"]),
        raised: z.boolean(),
      })
      .optional(),
  }),
  outcome: z.object({
    escalated: z.boolean(),
    confidence: count.optional(),
    valid: z.boolean().optional(),
    promptTokens: count,
    completionTokens: count,
    ms: count,
    error: name.optional(),
  }),
});
