/** What a mine's result says at a glance: the figures that page, Markdown and terminal all show, in words and numbers. */

import type { MineResult, TokenClass, TokenEvidence, TruthScore, Verdict } from "../glitch/index.ts";
import { formatCount, formatSeconds, formatShare } from "./format.ts";

/** What the result itself does not know but its reader needs. */
export interface MineReportOptions {
  /** The command line that gives these figures again. */
  readonly command?: string;
  /** Names and versions of what made the result, e.g. {assay: "0.1.0", "llama.cpp": "0.4.0"}. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Given for the bundled models, whose truth is known. */
  readonly truth?: TruthScore;
}

/** A figure with its name and meaning. */
export interface Headline {
  readonly name: string;
  readonly value: string;
  /** One sentence for those who meet the figure for the first time. */
  readonly meaning: string;
}

/** The headline figures in the order in which they are read. */
export function headlines(result: MineResult, truth?: TruthScore): Headline[] {
  const { counts, recall, total, seconds, probes, mode = "entropy" } = result;
  const list: Headline[] = [
    {
      name: "Found",
      value: formatCount(counts.glitch),
      meaning: "Glitch tokens: the model does not repeat them in any prompt that works for other tokens.",
    },
    ...(total && total.audited > 0
      ? [
          {
            name: mode === "entropy" ? "In the vocabulary" : "Among the candidates",
            value: `about ${formatCount(total.estimate)} [${formatCount(total.low)}, ${formatCount(total.high)}]`,
            meaning:
              `Found ones and those still to be expected among untested tokens, with a 95 % interval: ` +
              `${formatCount(total.audited)} tokens were drawn at random, whatever the search thought of them.`,
          },
        ]
      : []),
    {
      name: "Tested",
      value: formatCount(counts.tested),
      meaning: `Tokens probed: ${formatShare(counts.tested / counts.vocabulary)} of the vocabulary. ${formatCount(counts.uncertain)} stay uncertain.`,
    },
    {
      name: "Vocabulary",
      value: formatCount(counts.vocabulary),
      meaning: "Token ids of the model, of every class.",
    },
    {
      name: "Recall",
      value: recall === undefined ? "not estimated" : formatShare(recall.estimate),
      meaning:
        recall === undefined
          ? "Share of all glitch tokens that was found; too little was tested to estimate it."
          : `Estimated share of all glitch tokens that was found; the interval is ${formatShare(recall.low)} to ${formatShare(recall.high)}.`,
    },
    { name: "Time", value: formatSeconds(seconds), meaning: "Working time over all sittings of the run." },
    { name: "Probes", value: formatCount(probes), meaning: "Questions asked: one token in one prompt each." },
    {
      name: "Probes/s",
      value: seconds > 0 ? formatCount(probes / seconds) : "–",
      meaning: "Probes divided by the working time, loading and indicators included.",
    },
  ];
  return truth === undefined ? list : [...list, ...truthHeadlines(truth)];
}

function truthHeadlines({ recall, falseShare }: TruthScore): Headline[] {
  return [
    {
      name: "True recall",
      value: recall === undefined ? "–" : formatShare(recall),
      meaning: "Against the known truth: share of the tokens never seen in training that was found.",
    },
    {
      name: "False alarms",
      value: falseShare === undefined ? "–" : formatShare(falseShare),
      meaning: "Against the known truth: share of the well-trained tokens that was called a glitch.",
    },
  ];
}

/** What to say first about a run that did not come to its planned end. */
export function statusNote(status: MineResult["status"]): string | undefined {
  switch (status) {
    case "done":
      return undefined;
    case "partial":
      return "Some tokens could not be tested; their rows say why.";
    case "interrupted":
      return "The run was interrupted: the figures cover what was tested until then.";
    case "paused":
      return "The run is paused: the figures cover what has been tested so far.";
  }
}

/** The budget in words. */
export function budgetText(budget: MineResult["budget"]): string {
  const parts = [
    budget.all ? "whole vocabulary" : undefined,
    budget.probes === undefined ? undefined : `${formatCount(budget.probes)} probes`,
    budget.seconds === undefined ? undefined : formatSeconds(budget.seconds),
  ].filter((part) => part !== undefined);
  return parts.join(", ") || "default";
}

/** What each verdict says, as half a sentence. */
export const VERDICT_MEANINGS: Readonly<Record<Verdict, string>> = {
  glitch: "fails every template kept: another token comes first and p is under the calibrated threshold",
  uncertain: "between the two: neither a clear pass nor a clear failure",
  normal: "the model repeats it in at least one template",
  untested: "the budget ended before it was probed, or its class is not probed",
};

/** What each class is, as half a sentence. */
export const CLASS_MEANINGS: Readonly<Record<TokenClass, string>> = {
  normal: "plain text reaches it; the only candidates",
  control: "marks structure, such as <s>; text cannot produce it",
  byte: "one raw byte, for text outside the vocabulary",
  unused: "reserved and never assigned a text",
  undecodable: "its bytes are no valid UTF-8 alone",
  unreachable: "its own text is tokenised to something else",
};

/** Glitches in the order of suspicion: lowest p first, then by id. */
export function glitchesOf(result: MineResult): TokenEvidence[] {
  return result.tokens
    .filter((token) => token.verdict === "glitch")
    .sort((a, b) => (a.p ?? 0) - (b.p ?? 0) || a.id - b.id);
}
