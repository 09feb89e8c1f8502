/** `assay route explain`: what a router would do with a request, and what each feature had to do with it. */

import {
  contributions,
  createRouter,
  findPolicy,
  type RouteDecision,
  routeFeatures,
  scoreOf,
} from "../../route/index.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { describeExplanation } from "./explain-text.ts";
import { explainedCandidates } from "./explained-candidates.ts";
import { readRoutedRequest } from "./request-file.ts";

export type RouteExplainOptions = SharedOptions & {
  file?: string;
  policy: string;
  maxTokens?: number;
  tier?: "small" | "large";
  small?: string;
  large?: string;
};

export async function runRouteExplain(
  context: CliContext,
  options: RouteExplainOptions,
  prompt?: string,
): Promise<undefined> {
  const { json, terminal } = context;
  const policy = findPolicy(options.policy);
  const request = await readRoutedRequest(prompt, options.file);
  const { tools, format, maxTokens } = request.answer;
  const features = routeFeatures({
    ...{ messages: request.messages, tools, maxTokens: options.maxTokens ?? maxTokens },
    schema: format?.type === "json-schema" ? format.schema : undefined,
  });
  const candidates = await explainedCandidates(context, options, request.answer);
  const question = {
    features,
    candidates,
    tier: options.tier ?? request.tier,
    deadline: undefined,
    freeMemory: undefined,
  };
  const decision: RouteDecision = createRouter(policy).decide(question);
  const parts = contributions(features, policy.weights);
  // A gate decides without the score; what it would have been is told all the same.
  const score = scoreOf(features, policy.weights);
  const explanation = { policy, parts, score, candidates, decision };
  if (json)
    terminal.print(
      JSON.stringify({
        schema: 1,
        kind: "route-explain",
        policy: policy.name,
        features,
        bias: policy.weights.bias,
        contributions: parts,
        score,
        thresholds: policy.threshold,
        candidates,
        decision,
      }),
    );
  else terminal.print(describeExplanation(explanation));
  return undefined;
}
