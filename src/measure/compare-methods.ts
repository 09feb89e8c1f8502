/** Methods of mining side by side on one model: every method, budget and seed replayed over its census. */

import { AppError } from "../errors.ts";
import type { EventSink } from "../events.ts";
import {
  type Budget,
  budgetLimits,
  formatBudget,
  type IndicatorTable,
  type OrderMethod,
  type ReadIndicatorsOptions,
  type Truth,
  type Vocabulary,
} from "../glitch/index.ts";
import type { RunRecord } from "../store/index.ts";
import type { CurvePoint, MethodCell, ModelScores } from "./mining-scores.ts";
import { cutReplay, type Replay, replaySearch } from "./replay-search.ts";
import { type SearchPrices, searchPrices } from "./search-time.ts";
import { mergeAttained, spreadOf } from "./spread.ts";
import { costOf, type StoredCensus } from "./stored-census.ts";
import { attained, type Target, type TargetId, targetsOf, wellTrained } from "./targets.ts";

export interface CompareOptions {
  readonly name: string;
  readonly model: RunRecord["model"];
  readonly vocabulary: Pick<Vocabulary, "candidates" | "knownUnused" | "texts">;
  readonly census: StoredCensus;
  /** For scoring only. */
  readonly truth?: Truth | undefined;
  readonly methods: readonly OrderMethod[];
  /** Shares or numbers of probes. */
  readonly budgets: readonly Budget[];
  readonly seeds: readonly number[];
  readonly readIndicators: (options: ReadIndicatorsOptions) => Promise<IndicatorTable>;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventSink | undefined;
}

/** What all replays are judged by. */
interface Judge {
  readonly targets: readonly Target[];
  readonly isGlitch: (id: number) => boolean;
  readonly falseAlarms: ReadonlySet<number> | undefined;
  readonly census: StoredCensus;
  readonly prices: SearchPrices;
  readonly candidates: number;
}

/**
 * Replays all and scores it. Stops between pages with the signal's reason.
 * @throws USAGE if a budget covers all candidates
 */
export async function compareMethods(options: CompareOptions): Promise<ModelScores> {
  const { vocabulary, census, truth, methods, seeds, readIndicators, signal, onEvent = () => {} } = options;
  const { candidates, knownUnused, texts } = vocabulary;
  const textOf = (id: number) => texts[id] ?? "";
  const budgets = inOrder(options.budgets, candidates.length);
  const isGlitch = (id: number) => census.tokens.get(id)?.verdict === "glitch";
  const confirmed = new Set(candidates.filter(isGlitch));
  const judge: Judge = {
    targets: targetsOf(candidates, confirmed, truth),
    isGlitch,
    falseAlarms: truth && wellTrained(truth),
    census,
    prices: searchPrices(census),
    candidates: candidates.length,
  };

  const stage = "replay";
  const largest = budgets.at(-1)!;
  const total = seeds.length * methods.length * largest.limit;
  const started = performance.now();
  let done = 0;
  onEvent({ type: "stage-start", stage, total, unit: "tokens", done });
  const replays = new Map<string, Replay[]>();
  const reading = readingForAll(methods);
  for (const seed of seeds) {
    // The seed also draws the sample and the sketch, so it has to be measured again.
    const indicators = await readIndicators({ ...reading, unused: knownUnused, seed, signal });
    const common = { seed, candidates, census, textOf, indicators, signal };
    for (const method of methods) {
      const replay = await replaySearch({ ...common, method, budget: largest.budget });
      for (const { name, limit } of budgets) {
        const key = cellKey(method.id, name);
        replays.set(key, [...(replays.get(key) ?? []), cutReplay(replay, method, limit)]);
      }
      done += largest.limit;
      onEvent({ type: "stage-progress", stage, done, total });
    }
  }
  onEvent({ type: "stage-end", stage, done, seconds: (performance.now() - started) / 1000 });

  const of = (method: string, budget: string) => replays.get(cellKey(method, budget))!;
  return {
    name: options.name,
    model: options.model,
    candidates: candidates.length,
    census: { run: census.run, glitches: confirmed.size },
    hasTruth: truth !== undefined,
    targets: judge.targets.map(({ id, ids }) => ({ target: id, tokens: ids.size })),
    cells: budgets.flatMap(({ name, limit }) =>
      methods.map(({ id }) => scoreCell({ method: id, budget: name, limit }, of(id, name), judge)),
    ),
    curves: methods.map(({ id }) => ({ method: id, points: curvePoints(of(id, largest.name), judge) })),
  };
}

/** One reading that serves every method. */
function readingForAll(methods: readonly OrderMethod[]): Pick<ReadIndicatorsOptions, "sketch" | "rows"> {
  const reads = new Set(methods.map((method) => method.reads));
  return {
    sketch: reads.has("sketch"),
    rows: (["input", "output"] as const).filter((side) => reads.has(`${side}-rows`)),
  };
}

const cellKey = (method: string, budget: string) => `${method} at ${budget}`;

/** By rising limit, each once. */
function inOrder(budgets: readonly Budget[], candidates: number) {
  const named = budgets.map((budget) => ({
    budget,
    name: formatBudget(budget),
    limit: budgetLimits(budget, candidates).tokens,
  }));
  const whole = named.find(({ limit }) => limit >= candidates);
  if (whole)
    throw new AppError("USAGE", `The budget "${whole.name}" covers all ${candidates} candidates.`, {
      hint: "There every method finds everything: compare them with less.",
    });
  const names = new Set<string>();
  return named.filter(({ name }) => !names.has(name) && names.add(name)).sort((a, b) => a.limit - b.limit);
}

function scoreCell(
  cell: Pick<MethodCell, "method" | "budget" | "limit">,
  replays: readonly Replay[],
  judge: Judge,
): MethodCell {
  const each = (figure: (replay: Replay) => number) => spreadOf(replays.map(figure));
  const { isGlitch, falseAlarms, prices } = judge;
  const called = replays.map(({ tested }) => tested.filter(isGlitch));
  const costs = new Map(
    replays.map((replay) => [replay, costOf(replay.tested.map((id) => judge.census.tokens.get(id)!))]),
  );
  const end = ({ pages }: Replay) => pages.at(-1) ?? { charged: 0, lookedAhead: 0, orderSeconds: 0 };
  const probes = (replay: Replay) => costs.get(replay)!.probes + end(replay).lookedAhead;
  return {
    ...cell,
    attained: mergeAttained(replays.map(({ tested }) => attainedBy(tested, cell.limit, judge))),
    hitRate: spreadOf(called.map((ids, index) => ids.length / Math.max(1, replays[index]!.tested.length))),
    precision:
      falseAlarms &&
      spreadOf(
        called.map((ids) =>
          ids.length > 0 ? ids.filter((id) => !falseAlarms.has(id)).length / ids.length : 1,
        ),
      ),
    tested: each(({ tested }) => tested.length),
    charged: each((replay) => end(replay).charged),
    probes: each(probes),
    seconds: each(
      (replay) =>
        prices.setup +
        end(replay).orderSeconds +
        prices.perProbe * probes(replay) +
        prices.perAnswer * costs.get(replay)!.answers,
    ),
  };
}

function attainedBy(
  tested: readonly number[],
  budget: number,
  { targets, isGlitch }: Judge,
): Partial<Record<TargetId, number>> {
  return Object.fromEntries(targets.map((target) => [target.id, attained(target, tested, isGlitch, budget)]));
}

/** The end of each page that all seeds reached. */
function curvePoints(replays: readonly Replay[], judge: Judge): CurvePoint[] {
  const pages = Math.min(...replays.map((replay) => replay.pages.length));
  return Array.from({ length: pages }, (_, page) => {
    const { charged } = replays[0]!.pages[page]!;
    const shares = replays.map((replay) => {
      const tested = replay.tested.slice(0, replay.pages[page]!.tested);
      return attainedBy(tested, charged, judge);
    });
    return { budget: charged / judge.candidates, attained: mergeAttained(shares) };
  });
}
