/** The guard on a finished prompt: looked at, written in other tokens, or refused. */

import type { Tokenizer } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import type { GuardMode, GuardReport, PromptFinding, PromptGuard } from "./prompt-guard.ts";
import { templatePlaces } from "./template-places.ts";

export interface GuardedPrompt {
  readonly ids: readonly number[];
  readonly report: GuardReport;
  /** What is added to the logits of the answer. */
  readonly logitBias: ReadonlyMap<number, number> | undefined;
}

export interface GuardPromptOptions {
  readonly guard: PromptGuard | undefined;
  readonly mode: GuardMode;
  /** The prompt was written by a chat template, whose own tokens stay. */
  readonly isChat: boolean;
  /** The caller's, which goes before the guard's. */
  readonly logitBias: ReadonlyMap<number, number> | undefined;
}

const MAX_NAMED = 5;

/** @throws GUARD_REFUSED in mode "refuse", with the findings */
export async function guardPrompt(
  model: Tokenizer,
  ids: readonly number[],
  { guard, mode, isChat, logitBias }: GuardPromptOptions,
): Promise<GuardedPrompt> {
  const nothing = { mode, findings: [], inTemplate: 0, replaced: 0, left: 0, bannedFromOutput: 0 };
  if (guard === undefined || mode === "off")
    return { ids, logitBias, report: { ...nothing, source: guard?.source } };
  const all = guard.scan(ids);
  const fixed = all.length > 0 && isChat ? await templatePlaces(model, ids) : new Set<number>();
  const findings = all.filter(({ index }) => !fixed.has(index));
  if (mode === "refuse" && findings.length > 0) throw refusal(guard, findings);
  const inTemplate = all.length - findings.length;
  const seen = { ...nothing, source: guard.source, findings, inTemplate, left: findings.length };
  if (mode !== "rewrite" && mode !== "route") return { ids, logitBias, report: seen };

  const rewritten = findings.length > 0 ? rewriteAround(guard, ids, fixed) : { ids, replaced: 0, left: 0 };
  const banned = outputBans(model, guard, logitBias);
  return {
    ids: rewritten.ids,
    logitBias: banned.length === 0 ? logitBias : new Map([...banned, ...(logitBias ?? [])]),
    report: {
      ...seen,
      replaced: rewritten.replaced,
      left: rewritten.left,
      bannedFromOutput: banned.length,
    },
  };
}

function refusal({ source }: PromptGuard, findings: readonly PromptFinding[]): AppError {
  const named = [...new Set(findings.map(({ id, text }) => `${text} (${id})`))];
  const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : "";
  return new AppError(
    "GUARD_REFUSED",
    `The prompt holds ${findings.length} glitch tokens: ${named.slice(0, MAX_NAMED).join(", ")}${more}.`,
    {
      hint: "Write it in other words, or ask for the guard mode rewrite.",
      details: { source, findings },
    },
  );
}

/**
 * Rewrites what lies between fixed tokens. The template's own tokens are fixed: the model was trained on exactly
 * these, and the same text in others would no longer be the template.
 */
function rewriteAround(
  guard: PromptGuard,
  ids: readonly number[],
  fixed: ReadonlySet<number>,
): { ids: readonly number[]; replaced: number; left: number } {
  const result: number[] = [];
  let replaced = 0;
  let left = 0;
  for (let start = 0; start < ids.length; ) {
    let end = start;
    while (end < ids.length && !fixed.has(end)) end++;
    const part = guard.rewrite(ids.slice(start, end));
    for (const id of part.ids) result.push(id);
    replaced += part.replaced.length;
    left += part.unrepaired.length;
    if (end < ids.length) result.push(ids[end]!);
    start = end + 1;
  }
  return { ids: result, replaced, left };
}

/**
 * Bans for the answer. Bytes stay, without them some characters and some grammars could not be written, and so do
 * control tokens: without the end of an answer there is none.
 */
function outputBans(
  model: Tokenizer,
  { banned }: PromptGuard,
  logitBias: ReadonlyMap<number, number> | undefined,
): [number, number][] {
  return banned
    .filter((id) => !logitBias?.has(id) && !["byte", "control"].includes(model.tokenKind(id)))
    .map((id) => [id, Number.NEGATIVE_INFINITY]);
}
