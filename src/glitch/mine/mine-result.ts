/** Everything that was stored of a mine -> its document. Pure, so a resumed run's is an uninterrupted one's. */

import type { LanguageModel } from "../../engine/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { GlitchTotal } from "../audit/glitch-total.ts";
import type { Indicators, MineResult, TokenEvidence, Verdict } from "../evidence.ts";
import { decisiveProbe } from "../probes/probe-tokens.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { budgetLimits } from "./budget.ts";
import type { StoredCheck, StoredToken } from "./mine-rows.ts";
import type { MineSettings } from "./mine-settings.ts";

export interface MineResultParts {
  readonly run: string;
  readonly model: LanguageModel;
  readonly settings: MineSettings;
  readonly vocabulary: Vocabulary;
  readonly check: StoredCheck | undefined;
  readonly tokens: ReadonlyMap<number, StoredToken>;
  readonly total: GlitchTotal | undefined;
  readonly indicatorsOf: (id: number) => Indicators;
  readonly status: MineResult["status"];
  readonly seconds: number;
  /** Also list the tokens that were not tested. */
  readonly everyToken: boolean;
}

const BY_VERDICT: readonly Verdict[] = ["glitch", "uncertain", "untested", "normal"];

/** Builds the document; tokens by verdict, then by p, then by id. */
export function buildMineResult(parts: MineResultParts): MineResult {
  const { model, settings, vocabulary, check, tokens, total } = parts;
  const ids = parts.everyToken ? vocabulary.classes.keys() : tokens.keys();
  const evidence = [...ids].map((id) => tokenEvidence(id, parts));
  evidence.sort(
    (a, b) =>
      BY_VERDICT.indexOf(a.verdict) - BY_VERDICT.indexOf(b.verdict) || (a.p ?? 2) - (b.p ?? 2) || a.id - b.id,
  );
  const count = (verdict: Verdict) =>
    [...tokens.values()].filter((token) => token.verdict === verdict).length;
  const tested = tokens.size - count("untested");
  const { name, path = "", fingerprint, quantisation } = model.info;
  const isCensus = tested > 0 && tested === vocabulary.candidates.length;
  return {
    schema: 1,
    kind: "mine",
    run: parts.run,
    model: { name, path, fingerprint, quantisation },
    method: settings.method,
    mode: settings.candidates?.mode ?? "entropy",
    candidates: vocabulary.candidates.length,
    seed: settings.seed,
    budget: describeBudget(settings, vocabulary),
    seconds: parts.seconds,
    probes: (check?.probes ?? 0) + [...tokens.values()].reduce((sum, token) => sum + token.probes.length, 0),
    status: parts.status,
    counts: {
      vocabulary: model.info.vocabulary,
      tested,
      glitch: count("glitch"),
      normal: count("normal"),
      uncertain: count("uncertain"),
    },
    classes: vocabulary.counts,
    total: total && { estimate: total.estimate, low: total.low, high: total.high, audited: total.audited },
    // Every candidate was probed: what the probes can find is found. Else it takes the audit to say.
    recall: isCensus ? { estimate: 1, low: 1, high: 1 } : total && recallOf(total),
    templates: check?.checks ?? [],
    prompts: check?.prompts ?? [],
    notes: [...modeNotes(settings, vocabulary), ...(check?.notes ?? [])],
    tokens: evidence,
  };
}

/** Figures about some of the tokens must not be read as figures about all. */
function modeNotes({ candidates }: MineSettings, vocabulary: Vocabulary): string[] {
  if (!candidates || candidates.mode === "entropy") return [];
  const count = vocabulary.candidates.length.toLocaleString("en");
  return [`mode ${candidates.mode}: only ${count} tokens could be tested; recall and totals are about them`];
}

/** Few found of few: nothing missed is a recall of 1, whatever was found. */
function recallOf({ found, estimate, low, high }: GlitchTotal) {
  const share = (all: number) => (all > 0 ? found / all : 1);
  return { estimate: share(estimate), low: share(high), high: share(low) };
}

function describeBudget({ budget }: MineSettings, vocabulary: Vocabulary): MineResult["budget"] {
  if (budget.seconds !== undefined) return { seconds: budget.seconds };
  if (budget.probes === undefined && budget.share === undefined) return { all: true };
  return { probes: budgetLimits(budget, vocabulary.candidates.length).tokens };
}

function tokenEvidence(
  id: number,
  { model, vocabulary, tokens, indicatorsOf }: MineResultParts,
): TokenEvidence {
  const stored = tokens.get(id);
  const decisive = decisiveProbe(stored?.probes ?? []);
  const kind = vocabulary.classes[id] ?? "normal";
  const bytes = model.tokenBytes(id);
  return {
    id,
    text: bytes.length > 0 ? visibleToken(bytes) : `[${kind} ${id}]`,
    class: kind,
    verdict: stored?.verdict ?? "untested",
    p: decisive?.p,
    rank: decisive?.rank,
    entropy: decisive?.entropy,
    asr: stored?.asr,
    asrLow: stored?.asrLow,
    asrHigh: stored?.asrHigh,
    indicators: indicatorsOf(id),
    probes: stored?.probes ?? [],
    ...(stored?.attempts && { attempts: stored.attempts }),
    ...(stored?.error && { error: stored.error }),
  };
}
