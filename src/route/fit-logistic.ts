/** Logistic regression with a Gaussian prior, by Newton's method (Bishop 2006, section 4.3.3 and 4.4). */

import { logistic } from "./score.ts";

/** One answer: its inputs, the first of them 1 for the bias, and whether it was hard. */
export interface LabelledRow {
  readonly inputs: readonly number[];
  readonly isHard: boolean;
}

/** Standard deviation of the prior, in points: a weight may move by about as much as one feature weighs. */
const PRIOR_DEVIATION = 1;

/** Newton's steps double the digits each; a prior keeps the optimum finite. */
const MOST_STEPS = 50;
const CLOSE = 1e-9;

/** The weights that are most probable after the rows, with a prior around `prior`. */
export function fitLogistic(rows: readonly LabelledRow[], prior: readonly number[]): number[] {
  const size = prior.length;
  const precision = 1 / PRIOR_DEVIATION ** 2;
  let weights = [...prior];
  let value = objective(rows, weights, prior, precision);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = weights.map((weight, index) => precision * (weight - prior[index]!));
    const curvature = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => (row === column ? precision : 0)),
    );
    for (const { inputs, isHard } of rows) {
      const p = logistic(dot(inputs, weights));
      const error = p - (isHard ? 1 : 0);
      for (let row = 0; row < size; row++) {
        gradient[row]! += error * inputs[row]!;
        for (let column = 0; column < size; column++)
          curvature[row]![column]! += p * (1 - p) * inputs[row]! * inputs[column]!;
      }
    }
    const move = solve(curvature, gradient);
    // A whole step may lead too far where the curve is flat; half of it then, until it leads down.
    let scale = 1;
    let next = weights;
    let better = value;
    do {
      next = weights.map((weight, index) => weight - scale * move[index]!);
      better = objective(rows, next, prior, precision);
      scale /= 2;
    } while (better > value && scale > 1e-6);
    if (better > value) break;
    const change = value - better;
    [weights, value] = [next, better];
    if (change < CLOSE) break;
  }
  return weights;
}

/** Mean log-loss in nats. */
export function logLoss(rows: readonly LabelledRow[], weights: readonly number[]): number {
  const losses = rows.map(({ inputs, isHard }) => {
    const points = dot(inputs, weights);
    return -Math.log(logistic(isHard ? points : -points));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, rows.length);
}

function objective(
  rows: readonly LabelledRow[],
  weights: readonly number[],
  prior: readonly number[],
  precision: number,
): number {
  const distance = weights.reduce((sum, weight, index) => sum + (weight - prior[index]!) ** 2, 0);
  return rows.length * logLoss(rows, weights) + (precision / 2) * distance;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

/** Solves A x = b for a positive definite A, by elimination with the diagonal as pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]!]);
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++)
    for (let row = pivot + 1; row < size; row++) {
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      for (let column = pivot; column <= size; column++)
        rows[row]![column]! -= factor * rows[pivot]![column]!;
    }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    const known = rows[row]!.slice(row + 1, size).reduce(
      (sum, value, index) => sum + value * solution[row + 1 + index]!,
      0,
    );
    solution[row] = (rows[row]![size]! - known) / rows[row]![row]!;
  }
  return solution;
}
