/** The guard on a finished prompt: looked at, written in other tokens, or refused. */

import { chatFrame, type Tokenizer } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import type { GuardMode, GuardReport, PromptGuard } from "./prompt-guard.ts";

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
  const nothing = { mode, findings: [], replaced: 0, left: 0, bannedFromOutput: 0 };
  if (guard === undefined || mode === "off")
    return { ids, logitBias, report: { ...nothing, source: guard?.source } };
  const findings = guard.scan(ids);
  if (mode === "refuse" && findings.length > 0) {
    const named = [...new Set(findings.map(({ id, text }) => `${text} (${id})`))];
    const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : "";
    throw new AppError(
      "GUARD_REFUSED",
      `The prompt holds ${findings.length} glitch tokens: ${named.slice(0, MAX_NAMED).join(", ")}${more}.`,
      {
        hint: "Write it in other words, or ask for the guard mode rewrite.",
        details: { source: guard.source, findings },
      },
    );
  }
  const seen = { ...nothing, source: guard.source, findings, left: findings.length };
  if (mode !== "rewrite" && mode !== "route") return { ids, logitBias, report: seen };

  const fixed = findings.length > 0 && isChat ? await templateIds(model) : new Set<number>();
  const { ids: rewritten, replaced } = rewriteAround(guard, ids, (id) => fixed.has(id));
  const banned = outputBans(model, guard, logitBias);
  const left = findings.length === 0 ? 0 : guard.scan(rewritten).length;
  return {
    ids: rewritten,
    logitBias: banned.length === 0 ? logitBias : new Map([...banned, ...(logitBias ?? [])]),
    report: { ...seen, replaced, left, bannedFromOutput: banned.length },
  };
}

/**
 * Rewrites what lies between fixed tokens. The template's own tokens are fixed: the model was trained on exactly
 * these, and the same text in others would no longer be the template.
 */
function rewriteAround(
  guard: PromptGuard,
  ids: readonly number[],
  isFixed: (id: number) => boolean,
): { ids: readonly number[]; replaced: number } {
  const result: number[] = [];
  let replaced = 0;
  for (let start = 0; start < ids.length; ) {
    let end = start;
    while (end < ids.length && !isFixed(ids[end]!)) end++;
    const part = guard.rewrite(ids.slice(start, end));
    for (const id of part.ids) result.push(id);
    replaced += part.replaced.length;
    if (end < ids.length) result.push(ids[end]!);
    start = end + 1;
  }
  return { ids: result, replaced };
}

/** Ids that the model's chat template writes around a turn. */
async function templateIds(model: Tokenizer): Promise<ReadonlySet<number>> {
  const { open, close } = await chatFrame(model);
  return new Set([
    ...(await model.tokenize(open, { special: true })),
    ...(await model.tokenize(close, { special: true, continuation: true })),
  ]);
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
