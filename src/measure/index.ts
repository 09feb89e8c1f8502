// Measurements over what the other rooms do: methods of mining side by side, scored by replay.
// Not here: finding glitch tokens (glitch/), opening models and stores (cli/), tables and plots (report/).
// Start at compare-methods.ts; mining-scores.ts holds the words.

export { type CompareOptions, compareMethods } from "./compare-methods.ts";
export { meanOverModels } from "./mean-over-models.ts";
export type {
  CurvePoint,
  MethodCell,
  MethodCurve,
  MethodScores,
  MiningBench,
  ModelScores,
  PairedDifference,
  Spread,
  TargetSize,
} from "./mining-scores.ts";
export { pairedDifferences } from "./paired-differences.ts";
export { type CoverageOptions, measureCoverage, type RecallCoverage } from "./recall-coverage.ts";
export { findCensus, readCensus, type StoredCensus } from "./stored-census.ts";
export { TARGETS, type TargetId } from "./targets.ts";
