// Finding glitch tokens: classes, indicators, probes, verdicts, validation, and the mine that runs them all.
// Not here: running a model (engine/), reading weights (models/), keeping runs (store/), showing them (report/).
// Start at mine/mine.ts, which goes through the stages in order; evidence.ts holds the words.

export { type AuditDraw, auditStrata, createAuditDraw, type Strata } from "./audit/audit-draw.ts";
export { estimateGlitchTotal, type GlitchTotal } from "./audit/glitch-total.ts";
export {
  type AttemptEvidence,
  type Indicators,
  type MineResult,
  type ProbeEvidence,
  type PromptCheck,
  type TemplateCheck,
  TOKEN_CLASSES,
  type TokenClass,
  type TokenEvidence,
  type Verdict,
} from "./evidence.ts";
export { type GlitcherMine, readGlitcherIds, toGlitcherMine } from "./glitcher-format.ts";
export { alignText, type TextAlignment, type TextPlace } from "./guard/align-text.ts";
export {
  BAN_FORMATS,
  BAN_LIMITS,
  type BanFormat,
  type BanList,
  banFields,
  banList,
  formatBanList,
  readBannedIds,
} from "./guard/ban-lists.ts";
export { type BannedIds, bannedIds } from "./guard/banned-ids.ts";
export { type GivenBack, giveBack } from "./guard/give-back.ts";
export {
  createGuard,
  type Guard,
  type GuardFinding,
  type GuardOptions,
  type GuardRewrite,
  type Replacement,
} from "./guard/guard.ts";
export {
  type GuardVocabulary,
  guardVocabulary,
  type PieceUse,
  pieceScores,
} from "./guard/guard-vocabulary.ts";
export {
  measureRepair,
  type RepairMeasure,
  type RepairOptions,
} from "./guard/repair-rate.ts";
export { type BrokenText, REPAIR_REASONS, type RepairReason } from "./guard/repair-reasons.ts";
export type { RepairGroup, RepairShare, RepairSummary } from "./guard/repair-summary.ts";
export type { RepairText } from "./guard/repair-texts.ts";
export { rankCorrelation } from "./health/rank-share.ts";
export {
  type HealthIngredient,
  type HealthOptions,
  measureHealth,
  type TokenHealth,
} from "./health/token-health.ts";
export {
  type HealthResult,
  measureWordHealth,
  type WordHealth,
  type WordHealthOptions,
  type WordToken,
} from "./health/word-health.ts";
export { type ListedWord, readWordList, WORD_LIST_BYTES } from "./health/word-list.ts";
export {
  type IndicatorTable,
  indicatorColumns,
  measureIndicators,
  type ReadIndicatorsOptions,
  readIndicators,
} from "./indicators/indicators.ts";
export type { MatrixFigures, RowSource, UnusedFigures } from "./indicators/matrix-figures.ts";
export { type Budget, budgetLimits, formatBudget, parseBudget } from "./mine/budget.ts";
export {
  CANDIDATE_MODES,
  type CandidateChoice,
  type CandidateMode,
  type CandidateSource,
  chooseCandidates,
  type GroupSample,
} from "./mine/candidates.ts";
export { CATEGORY_GROUPS, type CategoryGroup } from "./mine/code-points.ts";
export { fullestMine, isFinished } from "./mine/fullest-mine.ts";
export { mine } from "./mine/mine.ts";
export type { MineOptions } from "./mine/mine-options.ts";
export { readRows, type StoredToken } from "./mine/mine-rows.ts";
export { type MineSettings, type MineWishes, mineSettings } from "./mine/mine-settings.ts";
export { createPagePlan, type PagePlan } from "./mine/page-plan.ts";
export { bySuspicion } from "./order/census.ts";
export { fixedOrder } from "./order/fixed-order.ts";
export { ORDER_METHODS } from "./order/methods.ts";
export type { OrderContext, OrderMethod, TestedToken, TokenOrder } from "./order/token-order.ts";
export { type Calibration, type ControlAnswer, calibrate } from "./probes/calibrate.ts";
export { drawControls } from "./probes/controls.ts";
export { appliesTo, type CompiledTemplate, compileTemplates, type ProbePlan } from "./probes/probe-plan.ts";
export {
  type CalibratedTemplate,
  decide,
  decisiveProbe,
  type ProbedToken,
  probeTokens,
} from "./probes/probe-tokens.ts";
export { compileSplice, type SplicedPrompt } from "./probes/splice.ts";
export { chooseTemplates, PROBE_TEMPLATES, type ProbeTemplate } from "./probes/templates.ts";
export { type GradeScore, readTruth, scoreAgainstTruth, type Truth, type TruthScore } from "./score-truth.ts";
export {
  type CompiledPrompt,
  checkPrompts,
  compilePrompt,
  type ValidatedToken,
  type ValidationSettings,
  validateTokens,
} from "./validation/validate.ts";
export { VALIDATION_PROMPTS, type ValidationPrompt } from "./validation/validation-prompts.ts";
export { classifyVocabulary, type Vocabulary } from "./vocabulary.ts";
export { type Interval, wilsonInterval } from "./wilson.ts";
