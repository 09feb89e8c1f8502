/** The scores of several models as one: means of their means, with the spread over models. */

import type { CurvePoint, MethodCell, MethodScores, ModelScores, Spread } from "./mining-scores.ts";
import { mergeAttained, spreadOf } from "./spread.ts";
import { TARGETS, type TargetId } from "./targets.ts";

/**
 * Averages what all models have: a target that one of them lacks is left out. Curves are averaged where their
 * pages end at the same places, as with models of one vocabulary.
 */
export function meanOverModels(models: readonly ModelScores[]): MethodScores {
  const [first] = models;
  if (first === undefined) throw new RangeError("no model to average");
  const targets = TARGETS.filter((target) =>
    models.every((model) => model.targets.some((one) => one.target === target)),
  );
  return {
    name: `Mean of ${models.length} models`,
    targets: targets.map((target) => ({
      target,
      tokens: models.reduce((sum, model) => sum + sizeOf(model, target), 0),
    })),
    cells: first.cells.map((cell) => meanCell(models.map((model) => sameCell(model, cell)))),
    curves: first.curves.map(({ method }) => ({
      method,
      points: meanPoints(models.map(({ curves }) => curves.find((one) => one.method === method)!.points)),
    })),
  };
}

function sizeOf({ targets }: ModelScores, target: TargetId): number {
  return targets.find((one) => one.target === target)?.tokens ?? 0;
}

function sameCell({ cells }: ModelScores, { method, budget }: MethodCell): MethodCell {
  return cells.find((cell) => cell.method === method && cell.budget === budget)!;
}

function meanCell(cells: readonly MethodCell[]): MethodCell {
  const [first] = cells;
  const mean = (figure: (cell: MethodCell) => Spread) => spreadOf(cells.map((cell) => figure(cell).mean));
  const { method, budget, limit } = first!;
  const judged = cells.map(({ precision }) => precision?.mean).filter((value) => value !== undefined);
  return {
    method,
    budget,
    limit,
    attained: mergeAttained(cells.map((cell) => meansOf(cell.attained))),
    hitRate: mean(({ hitRate }) => hitRate),
    precision: judged.length === cells.length ? spreadOf(judged) : undefined,
    tested: mean(({ tested }) => tested),
    charged: mean(({ charged }) => charged),
    probes: mean(({ probes }) => probes),
    seconds: mean(({ seconds }) => seconds),
  };
}

function meansOf(attained: MethodCell["attained"]): Partial<Record<TargetId, number>> {
  return Object.fromEntries(
    TARGETS.flatMap((target) => (attained[target] ? [[target, attained[target].mean]] : [])),
  );
}

function meanPoints(curves: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const [first = []] = curves;
  return first.flatMap(({ budget }, index) => {
    const points = curves.map((points) => points[index]).filter((point) => point !== undefined);
    const isShared =
      points.length === curves.length && points.every((point) => Math.abs(point.budget - budget) < 1e-9);
    return isShared
      ? [{ budget, attained: mergeAttained(points.map((point) => meansOf(point.attained))) }]
      : [];
  });
}
