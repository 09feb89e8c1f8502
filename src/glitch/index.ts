// Finding glitch tokens: classes, indicators, probes, verdicts, validation, and the mine that runs them all.
// Not here: running a model (engine/), reading weights (models/), keeping runs (store/), showing them (report/).
// Start at mine.ts, which goes through the stages in order; evidence.ts holds the words.
export { type Budget, budgetLimits, formatBudget, parseBudget } from "./budget.ts";
export { type Calibration, type ControlAnswer, calibrate } from "./calibrate.ts";
export { drawControls } from "./controls.ts";
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
export {
  type IndicatorTable,
  indicatorColumns,
  measureIndicators,
  type ReadIndicatorsOptions,
  readIndicators,
} from "./indicators.ts";
export type { MatrixFigures, RowSource, UnusedFigures } from "./matrix-figures.ts";
export { mine } from "./mine.ts";
export type { MineOptions } from "./mine-options.ts";
export { type MineSettings, type MineWishes, mineSettings } from "./mine-settings.ts";
export { ORDER_METHODS, type OrderContext, type OrderMethod, type TokenOrder } from "./order.ts";
export { appliesTo, type CompiledTemplate, compileTemplates, type ProbePlan } from "./probe-plan.ts";
export {
  type CalibratedTemplate,
  decide,
  decisiveProbe,
  type ProbedToken,
  probeTokens,
} from "./probe-tokens.ts";
export { type GradeScore, readTruth, scoreAgainstTruth, type Truth, type TruthScore } from "./score-truth.ts";
export { compileSplice, type SplicedPrompt } from "./splice.ts";
export { chooseTemplates, PROBE_TEMPLATES, type ProbeTemplate } from "./templates.ts";
export {
  type CompiledPrompt,
  checkPrompts,
  compilePrompt,
  type ValidatedToken,
  type ValidationSettings,
  validateTokens,
} from "./validate.ts";
export { VALIDATION_PROMPTS, type ValidationPrompt } from "./validation-prompts.ts";
export { classifyVocabulary, type Vocabulary } from "./vocabulary.ts";
export { type Interval, wilsonInterval } from "./wilson.ts";
