/**
 * How well each token was learnt, as a place among the candidates. Two measurements that can fail in different
 * ways, equally weighted, nothing fitted: what the model says (its own prior) and what its weights say (the
 * direction of the output row). docs/health.md holds what else was tried and how each compares with the truth.
 */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import type { TokenClass } from "../evidence.ts";
import type { IndicatorTable, ReadIndicatorsOptions } from "../indicators/indicators.ts";
import { classifyVocabulary, type Vocabulary } from "../vocabulary.ts";
import { rankCorrelation, rankShares } from "./rank-share.ts";
import { measurePrior } from "./unigram-prior.ts";

/** One measurement of every token. */
export interface HealthIngredient {
  readonly id: "prior" | "direction";
  /** What its figure is; larger is healthier. */
  readonly meaning: string;
  /** [vocabulary] */
  readonly values: Float64Array;
  /** [vocabulary] Share of the candidates whose value is lower, equal ones counted half. */
  readonly shares: Float64Array;
  /** Rank correlation with the prior over the candidates. */
  readonly agreement: number;
}

/** The health of a model's whole vocabulary. */
export interface TokenHealth {
  /**
   * [vocabulary] Share of the candidates that look worse learnt, in [0, 1]: 0.03 is worse than 97 % of them. A
   * place, no probability: half of the tokens of any model are below 0.5. Bytes and other ids that are no
   * candidates have the place that they would have.
   */
  readonly health: Float64Array;
  readonly classes: readonly TokenClass[];
  /** How many tokens the scale is made of. */
  readonly candidates: number;
  /** Those that count towards health. */
  readonly ingredients: readonly HealthIngredient[];
  /** What the reader should know, such as an ingredient left out. */
  readonly notes: readonly string[];
}

export interface HealthOptions {
  model: LanguageModel;
  /** @default 0 */
  seed?: number;
  /** Measures the weights, as for a mine. Without it health is the prior alone. */
  readIndicators?: ((options: ReadIndicatorsOptions) => Promise<IndicatorTable>) | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: EventSink | undefined;
  /** Milliseconds, for times only. @default performance.now */
  now?: () => number;
}

/** Weights that agree less with the prior than this don't show what training did, and are left out. */
const LEAST_AGREEMENT = 0.3;

/**
 * Measures the health of every token.
 * @throws UNSUPPORTED if no token is a candidate; CANCELLED and other errors of the model
 * @example
 * const { health } = await measureHealth({ model, readIndicators });
 * health[17]; // 0.03: 97 % of the candidates look better learnt
 */
export async function measureHealth(options: HealthOptions): Promise<TokenHealth> {
  const {
    model,
    seed = 0,
    readIndicators,
    signal,
    onEvent = () => {},
    now = () => performance.now(),
  } = options;
  const vocabulary = await classifyVocabulary(model, signal);
  if (vocabulary.candidates.length === 0)
    throw new AppError("UNSUPPORTED", "No token of this model can be typed, so none can be placed.", {
      hint: "Its vocabulary may be damaged: look at `assay models verify`.",
    });
  const begun = now();
  let done = 0;
  const onProgress = (at: number, total: number) => {
    if (at === 1) onEvent({ type: "stage-start", stage: "prior", total, unit: "tokens", done: 0 });
    onEvent({ type: "stage-progress", stage: "prior", done: at, total });
    done = at;
  };
  const prior = await measurePrior(model, { seed, signal, onProgress });
  onEvent({ type: "stage-end", stage: "prior", done, seconds: (now() - begun) / 1000 });
  const table = await readIndicators?.({ unused: vocabulary.knownUnused, seed, signal });
  return combineHealth(vocabulary, prior, table);
}

/**
 * The rule itself: the mean of the two places, placed among the candidates once more so that the scale stays
 * even. The weights are left out where their order has little in common with the prior's.
 *
 * @param prior ln of each id's mean chance, [vocabulary]
 */
export function combineHealth(
  { candidates, classes }: Pick<Vocabulary, "candidates" | "classes">,
  prior: Float64Array,
  table?: IndicatorTable,
): TokenHealth {
  const ofCandidates = (values: ArrayLike<number>) => candidates.map((id) => values[id]!);
  const place = (values: Float64Array) => rankShares(values, ofCandidates(values));
  const priorOf = ofCandidates(prior);
  const ingredient = (
    id: HealthIngredient["id"],
    meaning: string,
    values: Float64Array,
  ): HealthIngredient => {
    const agreement = id === "prior" ? 1 : rankCorrelation(ofCandidates(values), priorOf);
    return { id, meaning, values, shares: place(values), agreement };
  };
  const notes: string[] = [];
  const ingredients = [ingredient("prior", PRIOR, prior)];
  if (table) {
    const direction = ingredient("direction", DIRECTION, sized(table.output.meanCosine, prior.length));
    if (direction.agreement >= LEAST_AGREEMENT) ingredients.push(direction);
    else
      notes.push(
        `the output rows are left out: their order has little in common with the prior's ` +
          `(rank correlation ${direction.agreement.toFixed(2)})`,
      );
  } else notes.push("the model's weights cannot be read here: health is the prior alone");
  const mean = prior.map((_, id) => {
    const shares = ingredients.map(({ shares }) => shares[id]!).filter((share) => !Number.isNaN(share));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  });
  return { health: place(mean), classes, candidates: candidates.length, ingredients, notes };
}

const PRIOR = "ln of the token's mean chance over texts that the model wrote";

/**
 * Training pushes the output rows of tokens that don't come next all the same way, those of rare tokens by
 * little else, so they end near the mean row's direction (Gao et al. 2019, "Representation Degeneration Problem
 * in Training Natural Language Generation Models"). A row that stands away from it was called for by name.
 */
const DIRECTION = "1 - cosine of the token's output row to the mean output row";

/** The figures, NaN for ids that a padded or shortened matrix has no row for. */
function sized(values: Float32Array, length: number): Float64Array {
  return Float64Array.from({ length }, (_, id) => values[id] ?? Number.NaN);
}
