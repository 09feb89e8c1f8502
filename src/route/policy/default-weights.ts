/**
 * What makes a request hard, in figures that were reasoned and not fitted: no public set of answers compares
 * Mixtral with TinyLlama on agents' requests. `assay route calibrate` refits them from a log of one's own.
 *
 * One point is the step from 50 to 73 % in the logistic function. "hard" means: the small model would probably not
 * do. The scales are those of score.ts.
 */

import type { RouteWeights } from "./route-policy.ts";

export const DEFAULT_WEIGHTS: RouteWeights = {
  // A short question with nothing else in it ends near 0.17: it goes to the small model under every mixed policy.
  bias: -1.9,
  // Long prompts hold more to mix up; the effect grows with orders of magnitude, not with characters.
  characters: 0.5,
  // Small models lose the thread over turns, but slowly.
  turns: 0.2,
  // Choosing a tool and filling its fields by a prompt protocol is what models of 1B do worst.
  tools: 0.9,
  // A flat object's form is the grammar's work, whatever the model; nested ones ask for a plan.
  schemaDepth: 0.6,
  // Each field is one more thing to find or to invent.
  schemaFields: 0.25,
  // Tables and sums: errors in numbers are not seen in the text.
  digits: 1.2,
  // Code is right or wrong as a whole.
  code: 1.5,
  // The first question is free; several have to be answered together.
  questions: 0.4,
  // Why, compare, prove, plan: several steps in one answer.
  reasoning: 1.3,
  // A list of asks: small models answer the first and the last.
  asks: 0.6,
  // Long and compound words come with special subjects.
  rareWords: 1,
  // Small models have read little beside English.
  otherScript: 1,
  // A caller who gives room for a long answer expects one.
  maxTokens: 0.4,
};
