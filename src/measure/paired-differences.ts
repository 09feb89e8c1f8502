/** Is one method ahead of the others, over models? Both are measured on each model, so the models pair them. */

import type { MethodCell, ModelScores, PairedDifference } from "./mining-scores.ts";
import { spreadOf } from "./spread.ts";
import { studentQuantile } from "./student-quantile.ts";
import { TARGETS, type TargetId } from "./targets.ts";

/**
 * The first method against each other one, at every budget and target that all models have, on means over seeds.
 * The best baseline is picked by its mean over the same models, which favours it: a difference above 0 is one
 * in spite of the choice.
 */
export function pairedDifferences(models: readonly ModelScores[]): PairedDifference[] {
  const cells = models[0]?.cells ?? [];
  const methods = [...new Set(cells.map(({ method }) => method))];
  const budgets = [...new Set(cells.map(({ budget }) => budget))];
  const [method, ...baselines] = methods;
  if (method === undefined) return [];
  const shares = (id: string, budget: string, target: TargetId) =>
    models.map(({ cells }) => shareOf(cells, id, budget, target));

  return TARGETS.flatMap((target) =>
    budgets.flatMap((budget) => {
      const own = shares(method, budget, target);
      if (!areNumbers(own)) return [];
      const pairs = baselines.flatMap((baseline) => {
        const others = shares(baseline, budget, target);
        return areNumbers(others) ? [pair({ target, budget, method, baseline }, own, others)] : [];
      });
      const best = Math.max(...pairs.map(({ baselineShare }) => baselineShare));
      const chosen = pairs.find(({ baselineShare }) => baselineShare === best);
      return pairs.map((one) => ({ ...one, isBest: one === chosen }));
    }),
  );
}

function shareOf(cells: readonly MethodCell[], method: string, budget: string, target: TargetId) {
  return cells.find((cell) => cell.method === method && cell.budget === budget)?.attained[target]?.mean;
}

function areNumbers(values: readonly (number | undefined)[]): values is readonly number[] {
  return values.every((value) => value !== undefined);
}

function pair(
  of: Pick<PairedDifference, "target" | "budget" | "method" | "baseline">,
  own: readonly number[],
  others: readonly number[],
): Omit<PairedDifference, "isBest"> {
  const differences = own.map((share, index) => share - others[index]!);
  const { mean, deviation, runs } = spreadOf(differences);
  const half =
    deviation === undefined ? undefined : (studentQuantile(runs - 1) * deviation) / Math.sqrt(runs);
  return {
    ...of,
    share: spreadOf(own).mean,
    baselineShare: spreadOf(others).mean,
    mean,
    low: half === undefined ? undefined : mean - half,
    high: half === undefined ? undefined : mean + half,
    differences,
  };
}
