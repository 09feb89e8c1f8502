/** `assay route replay`: the requests of a log, decided anew by a policy. */

import { formatCount, formatFigure, formatSeconds, formatShare } from "../../report/index.ts";
import {
  changedDecisions,
  findPolicy,
  knownOutcomes,
  type ReplayedDecision,
  type ReplayOutcomes,
  type ReplaySide,
  type RouteLogEntry,
  replayLog,
  replaySide,
} from "../../route/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { type LogOptions, readLog } from "./log-file.ts";

export type RouteReplayOptions = SharedOptions & LogOptions & { policy: string; against?: string };

interface Replay {
  readonly entries: number;
  readonly skipped: number;
  readonly changed: number;
  readonly before: ReplaySide & { readonly outcomes: ReplayOutcomes };
  readonly after: ReplaySide & { readonly outcomes: ReplayOutcomes };
}

export async function runRouteReplay(context: CliContext, options: RouteReplayOptions): Promise<undefined> {
  const { json, terminal } = context;
  const policy = findPolicy(options.policy);
  const against = options.against === undefined ? undefined : findPolicy(options.against);
  const { path, entries, skipped } = await readLog(context, options);
  const decisions = replayLog(entries, policy);
  const earlier = against ? replayLog(entries, against) : entries.map(({ decision }) => decision);
  const replay: Replay = {
    entries: entries.length,
    skipped,
    changed: changedDecisions(earlier, decisions),
    before: sideOf(entries, earlier, against?.name ?? `the log (${loggedPolicies(entries)})`),
    after: sideOf(entries, decisions, policy.name),
  };
  if (json) terminal.print(JSON.stringify({ schema: 1, kind: "route-replay", log: path, ...replay }));
  else terminal.print(describeReplay(replay));
  return undefined;
}

function sideOf(entries: readonly RouteLogEntry[], decisions: readonly ReplayedDecision[], name: string) {
  return { ...replaySide(entries, decisions, name), outcomes: knownOutcomes(entries, decisions) };
}

/** Names in a log are texts from a file. */
function loggedPolicies(entries: readonly RouteLogEntry[]): string {
  return [...new Set(entries.map(({ policy }) => visibleToken(policy)))].slice(0, 3).join(", ");
}

function describeReplay({ entries, changed, before, after }: Replay): string {
  const sides = [before, after];
  const row = (name: string, value: (side: (typeof sides)[number]) => string) => [name, ...sides.map(value)];
  const ofAll = (count: number) => `${formatCount(count)} (${formatShare(count / entries)})`;
  const isUncertain = sides.some(({ outcomes }) => outcomes.unknown > 0);
  return [
    `${formatCount(entries)} requests; ${formatCount(changed)} (${formatShare(changed / entries)}) go to another model first.`,
    formatTable(
      [{ title: "" }, { title: before.policy, align: "right" }, { title: after.policy, align: "right" }],
      [
        row("to a small model", ({ small }) => ofAll(small)),
        row("to a large model", ({ large }) => ofAll(large)),
        row("decided by a gate", ({ byGate }) => ofAll(byGate)),
        row("no model passes", ({ refused }) => ofAll(refused)),
        row("may go on to the large", ({ mayEscalate }) => ofAll(mayEscalate)),
        row("predicted time", ({ seconds, secondsKnown }) =>
          secondsKnown === 0 ? "not known" : `${formatSeconds(seconds)} for ${formatCount(secondsKnown)}`,
        ),
        row("tokens at small models", ({ smallTokens }) => formatFigure(smallTokens)),
        row("tokens at large models", ({ largeTokens }) => formatFigure(largeTokens)),
        row("outcome known", ({ outcomes }) => ofAll(outcomes.known)),
        row("  answer kept", ({ outcomes }) => formatCount(outcomes.kept)),
        row("  escalated", ({ outcomes }) => formatCount(outcomes.escalated)),
        row("  failed", ({ outcomes }) => formatCount(outcomes.failed)),
        row("outcome not known", ({ outcomes }) => ofAll(outcomes.unknown)),
      ],
    ),
    "Time and tokens are predicted for the first answer alone, with the queues as they were logged: other decisions " +
      "would have made other queues.",
    ...(isUncertain
      ? [
          "Not known: the model that would be asked did not answer then, and an answer that was never given has no " +
            "outcome. `assay bench route` asks both models the same questions.",
        ]
      : []),
  ].join("\n\n");
}
