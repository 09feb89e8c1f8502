/** An explained decision, for people. */

import { formatCount, formatFigure } from "../../report/index.ts";
import type {
  Contribution,
  RouteCandidate,
  RouteDecision,
  RouteFeatureName,
  RoutePolicy,
} from "../../route/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { formatTable } from "../table.ts";

export interface RouteExplanation {
  readonly policy: RoutePolicy;
  readonly parts: readonly Contribution[];
  readonly score: number;
  readonly candidates: readonly RouteCandidate[];
  readonly decision: RouteDecision;
}

const MEANINGS: Readonly<Record<RouteFeatureName, string>> = {
  characters: "characters of the conversation",
  turns: "messages without the system's",
  tools: "tools",
  schemaDepth: "levels of the answer's schema",
  schemaFields: "fields of the answer's schema",
  digits: "share of digits",
  code: "share of code",
  questions: "question marks",
  reasoning: "words such as why, compare, prove",
  asks: "items of a list",
  rareWords: "share of long or compound words",
  otherScript: "share of letters of other alphabets",
  maxTokens: "bound on the answer, 0: none",
};

/** Tables and sentences, in the order in which it was decided. */
export function describeExplanation({
  policy,
  parts,
  score,
  candidates,
  decision,
}: RouteExplanation): string {
  const points = parts.reduce((sum, part) => sum + part.points, policy.weights.bias);
  return [
    modelTable(candidates),
    featureTable(parts),
    `Score: ${formatFigure(score)}, from ${signed(points)} points with a bias of ${signed(policy.weights.bias)} ` +
      `(0 easy, 1 hard). Threshold of the policy ${policy.name}: ${policy.threshold.calm}, ` +
      `${policy.threshold.loaded} while the large model is the busier one.`,
    `Decision: ${visibleToken(decision.model)}. Reason: ${decision.reason}.`,
    ...decision.alternatives.map(({ model, reason }) => `Not ${visibleToken(model)}: ${reason}.`),
    ...(decision.escalateTo === undefined ? [] : [escalation(decision)]),
  ].join("\n\n");
}

function escalation({ escalateTo, minConfidence }: RouteDecision): string {
  const unsure = minConfidence === undefined ? "" : ` or its mean token confidence is under ${minConfidence}`;
  return `Goes on to ${visibleToken(escalateTo!)} if the answer fails its checks${unsure}.`;
}

function modelTable(candidates: readonly RouteCandidate[]): string {
  return formatTable(
    [
      { title: "model" },
      { title: "tier" },
      { title: "prompt", align: "right" },
      { title: "context", align: "right" },
      { title: "memory", most: 60 },
    ],
    candidates.map(({ model, tier, promptTokens, context, fits }) => [
      visibleToken(model),
      tier,
      formatCount(promptTokens),
      formatCount(context),
      fits ? "fits; taken to be loaded and idle" : "does not fit now",
    ]),
  );
}

/** Largest part first; what is 0 says nothing and is one line. */
function featureTable(parts: readonly Contribution[]): string {
  const active = parts.filter(({ points }) => points !== 0);
  const rows = active
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
    .map(({ feature, value, scaled, weight, points }) => [
      feature,
      formatFigure(value),
      formatFigure(scaled),
      signed(weight),
      signed(points),
      MEANINGS[feature],
    ]);
  const table = formatTable(
    [
      { title: "feature" },
      { title: "value", align: "right" },
      { title: "scaled", align: "right" },
      { title: "weight", align: "right" },
      { title: "points", align: "right" },
      { title: "meaning" },
    ],
    rows,
  );
  const silent = parts.filter(({ points }) => points === 0).map(({ feature }) => feature);
  return silent.length === 0 ? table : `${table}\nWithout a part: ${silent.join(", ")}.`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${formatFigure(Math.abs(value))}`;
}
