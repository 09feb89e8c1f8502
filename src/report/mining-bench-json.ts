/** A comparison of mining methods as the versioned document of every bench, with what is its own beside. */

import type { MethodCell, MethodScores, MiningBench, Spread, TargetId } from "../measure/index.ts";

/** Where the bench ran. */
export interface BenchMachine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
}

/** One figure, as every bench gives it, and which method, budget and target it is of. */
export interface MiningBenchRow {
  /** "attained:never-seen", "hit-rate", "precision", "tested", "charged", "probes" or "seconds". */
  readonly name: string;
  readonly model: string;
  readonly method: string;
  readonly budget: string;
  readonly value: number;
  readonly unit: "share" | "tokens" | "probes" | "s";
  /** The best other method at this budget, for shares. */
  readonly baseline: number | undefined;
  /** value / baseline. */
  readonly ratio: number | undefined;
  readonly runs: number;
  readonly min: number;
  readonly max: number;
  readonly deviation: number | undefined;
}

/** The document of `assay bench mining --json`. */
export function miningBenchDocument(
  bench: MiningBench,
  { machine, notes }: { machine: BenchMachine; notes: readonly string[] },
) {
  const { seeds, methods, models, overall, differences } = bench;
  return {
    schema: 1,
    kind: "bench",
    name: "mining",
    machine,
    seeds,
    methods,
    models: models.map(({ name, model, candidates, census, hasTruth, targets }) => ({
      ...model,
      label: name,
      candidates,
      census,
      hasTruth,
      targets,
    })),
    results: [...models, ...(overall ? [overall] : [])].flatMap(rowsOf),
    differences,
    curves: models.flatMap(({ name, curves }) => curves.map((curve) => ({ model: name, ...curve }))),
    notes,
  };
}

function rowsOf({ name: model, targets, cells }: MethodScores): MiningBenchRow[] {
  return cells.flatMap((cell) => {
    const others = cells.filter(({ budget, method }) => budget === cell.budget && method !== cell.method);
    const row = (
      name: string,
      unit: MiningBenchRow["unit"],
      spread: Spread | undefined,
      rival?: (other: MethodCell) => Spread | undefined,
    ): MiningBenchRow[] => {
      if (spread === undefined) return [];
      const { mean: value, min, max, deviation, runs } = spread;
      const rivals = rival ? others.map((other) => rival(other)?.mean ?? 0) : [];
      const baseline = rivals.length > 0 ? Math.max(...rivals) : undefined;
      const ratio = baseline ? value / baseline : undefined;
      const { method, budget } = cell;
      return [{ name, model, method, budget, value, unit, baseline, ratio, runs, min, max, deviation }];
    };
    const attained = (target: TargetId) => (one: MethodCell) => one.attained[target];
    return [
      ...targets.flatMap(({ target }) =>
        row(`attained:${target}`, "share", cell.attained[target], attained(target)),
      ),
      ...row("hit-rate", "share", cell.hitRate, ({ hitRate }) => hitRate),
      ...row("precision", "share", cell.precision),
      ...row("tested", "tokens", cell.tested),
      ...row("charged", "probes", cell.charged),
      ...row("probes", "probes", cell.probes),
      ...row("seconds", "s", cell.seconds),
    ];
  });
}
