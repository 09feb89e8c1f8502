/** Both models' answers to the same items: what every policy is compared on, without a model. */

import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { RouteFeatures } from "../../route/index.ts";

/** How one model did on one item. */
export interface ItemAnswer {
  readonly right: boolean;
  /** It has the form that was asked for. */
  readonly valid: boolean;
  /** Geometric mean of the p of its tokens. */
  readonly confidence: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Why it could not be asked. */
  readonly error?: string | undefined;
}

/** A model that answered. */
export interface AnsweringModel {
  readonly name: string;
  readonly fingerprint: string;
  readonly quantisation: string;
  readonly context: number;
  /** Of all its answers together. */
  readonly seconds: number;
}

export interface AnsweredItem {
  readonly id: string;
  readonly task: string;
  readonly features: RouteFeatures;
  readonly small: ItemAnswer;
  readonly large: ItemAnswer;
}

export interface RoutingAnswers {
  readonly schema: 1;
  readonly kind: "routing-answers";
  readonly seed: number;
  readonly small: AnsweringModel;
  readonly large: AnsweringModel;
  readonly items: readonly AnsweredItem[];
}

const count = z.number().min(0);
const answer = z.object({
  right: z.boolean(),
  valid: z.boolean(),
  confidence: count.max(1),
  promptTokens: count,
  completionTokens: count,
  error: z.string().optional(),
});
const model = z.object({
  name: z.string(),
  fingerprint: z.string(),
  quantisation: z.string(),
  context: count,
  seconds: count,
});
const features = z.object({
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
});
const answersSchema = z.object({
  schema: z.literal(1),
  kind: z.literal("routing-answers"),
  seed: z.number(),
  small: model,
  large: model,
  items: z
    .array(z.object({ id: z.string(), task: z.string(), features, small: answer, large: answer }))
    .min(1)
    .max(200_000),
});

/**
 * Checks answers from a file.
 * @throws AppError DATA_UNAVAILABLE
 */
export function parseRoutingAnswers(value: unknown, where: string): RoutingAnswers {
  const parsed = answersSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError(
    "DATA_UNAVAILABLE",
    `${where} holds no answers of both models: ${path.join(".")} ${message}.`,
    {
      hint: "`assay bench route --save FILE` writes such a file.",
    },
  );
}
