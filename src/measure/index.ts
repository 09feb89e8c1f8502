// Measurements over what the other rooms do: methods of mining side by side, the check of a model before use.
// Not here: finding glitch tokens (glitch/), opening models and stores (cli/), tables and plots (report/).
// Start at compare-methods.ts (mining-scores.ts holds the words), or at integration/checks.ts.

export { type CompareOptions, compareMethods } from "./compare-methods.ts";
export type { CheckRow, CheckStatus, Figures, Finding, IntegrationCheck } from "./integration/check.ts";
export { type MemoryMeter, startMemoryMeter } from "./integration/memory-meter.ts";
export { findingOf, runChecks, selectChecks } from "./integration/run-checks.ts";
export {
  createSession,
  type IntegrationSession,
  type KnownVerdicts,
  type ServerReply,
  type SessionOptions,
} from "./integration/session.ts";
export { SUITES, type SuiteName } from "./integration/suites.ts";
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
export { QUALITY_TASKS, type QualityTask, type TaskItem } from "./models/bench-tasks.ts";
export { type Figure, figureOf, RATIO_TURNS, ratioOf } from "./models/figure.ts";
export {
  type BareModel,
  type MeasureModelOptions,
  measureModel,
  type TurnPlan,
} from "./models/measure-model.ts";
export { measureQuality, type QualityOptions, type TaskScore } from "./models/measure-quality.ts";
export type { SoakResult } from "./models/measure-soak.ts";
export {
  type BareDecode,
  contextNeeded,
  type MeasureSpeedOptions,
  measureSpeed,
  type PartSeconds,
  type PartSpeeds,
  type Round,
  type SpeedPlan,
  type SpeedSample,
} from "./models/measure-speed.ts";
export type { MemorySlope } from "./models/memory-slope.ts";
export type {
  BenchSubject,
  ModelBench,
  ModelBenchPlan,
  ModelBenchRow,
  ModelTurn,
  ParallelSpeed,
  PeakMemory,
} from "./models/model-bench.ts";
export { createStages, type Stages } from "./models/stages.ts";
export { type TakeTurnsOptions, takeTurns } from "./models/take-turns.ts";
export { pairedDifferences } from "./paired-differences.ts";
export {
  type DepthResult,
  type ModelProfile,
  type ProfiledType,
  type ProfileFacts,
  profileOf,
  type TypeParts,
} from "./profile/model-profile.ts";
export {
  MOST_TOKENS,
  measurePerplexity,
  type Perplexity,
  type PerplexityOptions,
  type PerplexityRatio,
  perplexityRatio,
} from "./profile/perplexity.ts";
export {
  type LossGrade,
  lossGrade,
  recommendUse,
  USE_RULES,
  type UseFigures,
} from "./profile/recommend-use.ts";
export { SAMPLE_TEXT } from "./profile/sample-text.ts";
export {
  measureTimes,
  TIME_PARTS,
  type TimePart,
  type TimeShares,
  type TimeSharesOptions,
} from "./profile/time-shares.ts";
export { type FileVerdicts, type VerdictChanges, verdictChanges } from "./profile/verdict-changes.ts";
export { type CoverageOptions, measureCoverage, type RecallCoverage } from "./recall-coverage.ts";
export { type AnsweredItems, type AnswerItemsOptions, answerItems } from "./routing/answer-items.ts";
export { compareRoutes } from "./routing/compare-routes.ts";
export type { Estimate } from "./routing/paired-bootstrap.ts";
export type { QualityCost } from "./routing/quality-cost-curve.ts";
export {
  type AnsweredItem,
  type AnsweringModel,
  type ItemAnswer,
  parseRoutingAnswers,
  type RoutingAnswers,
} from "./routing/routing-answers.ts";
export type { RoutingBench, StrategyCurve, StrategyRow, TaskRow } from "./routing/routing-bench.ts";
export { makeRoutingItems, type RoutingItem } from "./routing/routing-items.ts";
export { drawPrompts, promptLength } from "./serving/draw-prompts.ts";
export { findPeer } from "./serving/find-peer.ts";
export { type ServeTurnOptions, serveTurn } from "./serving/serve-turn.ts";
export type {
  BareTurn,
  ServingBench,
  ServingPlan,
  ServingResult,
  ServingTarget,
  ServingTurn,
} from "./serving/serving-bench.ts";
export { summariseServing } from "./serving/summarise-serving.ts";
export { findCensus, readCensus, type StoredCensus } from "./stored-census.ts";
export { TARGETS, type TargetId } from "./targets.ts";
