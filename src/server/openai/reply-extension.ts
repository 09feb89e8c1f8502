/** What was done to a request and by whom it was answered: in headers, and as `assay` in the reply. */

import type { GuardReport } from "../../answer/index.ts";
import type { Dispatched } from "../dispatch/dispatch.ts";
import type { Answering, EndEvent } from "./answering.ts";

/** Headers are ASCII and short; names and reasons may be neither. */
const LONGEST_HEADER = 1_024;

const headerText = (text: string) =>
  text.replaceAll(/[^\x20-\x7e]+/g, percentEncoded).slice(0, LONGEST_HEADER);

const percentEncoded = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

const reasonList = (models: readonly { model: string; reason: string }[]) =>
  headerText(models.map(({ model, reason }) => `${model}: ${reason}`).join("; "));

/** Known before the first token, so in streams as well. */
export function replyHeaders({ dispatched }: Pick<Answering, "dispatched">): Record<string, string> {
  const models = [...new Set(dispatched.map(({ served }) => served.entry.id))];
  const { decision, escalations } = dispatched[0];
  return {
    "x-assay-model": headerText(models.join(", ")),
    ...(decision && {
      "x-assay-route": headerText(decision.reason),
      ...(decision.score !== undefined && { "x-assay-route-score": decision.score.toFixed(3) }),
      ...(decision.threshold !== undefined && { "x-assay-route-threshold": decision.threshold.toFixed(3) }),
      ...(decision.alternatives.length > 0 && {
        "x-assay-route-alternatives": reasonList(decision.alternatives),
      }),
    }),
    // Who was asked first, and why that did not do.
    ...(escalations.length > 0 && {
      "x-assay-route-escalated": reasonList(escalations),
    }),
  };
}

/** The extension of a reply; keys that have nothing to say are left out. */
export function replyExtension({ dispatched }: Pick<Answering, "dispatched">, ends: readonly EndEvent[]) {
  const { served, guard, decision, escalations } = dispatched[0];
  const rewrites = dispatched.flatMap((one) => one.rewrites);
  const confidence = ends[0]?.confidence;
  return {
    model: served.entry.id,
    ...(rewrites.length > 0 && { rewrites }),
    ...(somethingToSay(guard) && { guard: guardBody(guard) }),
    ...((decision || escalations.length > 0) && { route: routeBody(dispatched[0]) }),
    ...(confidence !== undefined && { confidence }),
    ...timings(ends[0]),
  };
}

const somethingToSay = ({ mode, findings, replaced, bannedFromOutput }: GuardReport) =>
  mode !== "off" && findings.length + replaced + bannedFromOutput > 0;

function guardBody({ mode, source, findings, ...counts }: GuardReport) {
  return {
    mode,
    source: source ?? null,
    // A finding may know more than the protocol says.
    findings: findings.map(({ id, index, text }) => ({ id, index, text })),
    in_template: counts.inTemplate,
    replaced: counts.replaced,
    left: counts.left,
    banned_from_output: counts.bannedFromOutput,
  };
}

function routeBody({ decision, escalations }: Dispatched) {
  return {
    reason: decision?.reason ?? null,
    score: decision?.score ?? null,
    threshold: decision?.threshold ?? null,
    alternatives: decision?.alternatives ?? [],
    escalations,
  };
}

/** Milliseconds of the first choice, and its speed. */
function timings(end: EndEvent | undefined) {
  if (!end?.timings) return {};
  const { queued, prompt, generation } = end.timings;
  // The first token belongs to the prompt's time.
  const perSecond = generation > 0 ? ((end.usage.completionTokens - 1) * 1000) / generation : 0;
  return {
    timings: {
      queued_ms: rounded(queued),
      prompt_ms: rounded(prompt),
      generation_ms: rounded(generation),
      ...(perSecond > 0 && { tokens_per_second: rounded(perSecond) }),
    },
  };
}

const rounded = (value: number) => Math.round(value * 10) / 10;
