/**
 * The library's door. Nobody inside imports it, and what it exports is a promise: test/library.test.ts keeps
 * the list.
 *
 * @example
 * const model = await openLocalModel({ path: "models/lab-moe.gguf" });
 * const ids = await model.tokenize("The quick brown", { bos: true });
 * for await (const event of model.generate({ prompt: ids, maxTokens: 8 })) console.log(event);
 * await model.close();
 */

export type {
  AnswerEvent,
  AnswerMessage,
  AnswerRequest,
  AnswerTool,
  GuardMode,
  GuardReport,
  PreparedAnswer,
  PromptGuard,
} from "./answer/index.ts";
export { prepareAnswer, runAnswer } from "./answer/index.ts";
export type {
  GenerateEvent,
  GenerateRequest,
  LanguageModel,
  ModelInfo,
  ProbeCase,
  ProbeOptions,
  ProbeResult,
  SamplingOptions,
  TokenChance,
} from "./engine/index.ts";
export {
  createScriptedModel,
  jsonSchemaToGrammar,
  type LocalModel,
  type LocalModelOptions,
  openLocalModel,
  openRunner,
  type Runner,
  type RunnerEnd,
  type RunnerOptions,
  type ScriptedModelOptions,
} from "./engine/index.ts";
export { AppError, ERROR_CODES, type ErrorCode, isAppError } from "./errors.ts";
export type { EventSink, RunEvent, RunStatus } from "./events.ts";
export {
  createFleet,
  type Fleet,
  type FleetEntry,
  type FleetOptions,
  type Lease,
  type ModelRunnerOptions,
  modelRunners,
  type ServedModel,
} from "./fleet/index.ts";
export {
  banFields,
  classifyVocabulary,
  createGuard,
  type Guard,
  type GuardRewrite,
  type GuardVocabulary,
  guardVocabulary,
  type HealthResult,
  type MineOptions,
  type MineResult,
  type MineSettings,
  type MineWishes,
  measureHealth,
  measureWordHealth,
  mine,
  mineSettings,
  PROBE_TEMPLATES,
  type ProbeTemplate,
  parseBudget,
  pieceScores,
  readIndicators,
  readTruth,
  readWordList,
  scoreAgainstTruth,
  type TokenEvidence,
  type TokenHealth,
  type WordHealth,
} from "./glitch/index.ts";
export { dequantise, loadLibrary, type QuantType } from "./llama/index.ts";
export { createLogger, type Logger, silentLogger } from "./logger.ts";
export {
  CATALOGUE,
  type CatalogueEntry,
  cardOfFile,
  convertFolder,
  describeModel,
  estimateMemory,
  findEntry,
  fingerprint,
  type Gguf,
  type MemoryPrediction,
  type ModelCard,
  type ModelCheck,
  type PulledModel,
  type PullOptions,
  predictMemory,
  pullModel,
  quantise,
  type RepairOptions,
  type RepairResult,
  readGguf,
  repairModel,
  resolveModel,
  streamRows,
  type VerifyOptions,
  verifyModel,
} from "./models/index.ts";
export { mineDocument, renderMineHtml, renderMineMarkdown } from "./report/index.ts";
export {
  createRouter,
  findPolicy,
  type RouteDecision,
  type RoutePolicy,
  type RouteQuestion,
  type Router,
  routeFeatures,
} from "./route/index.ts";
export { openStore, type RunRecord, type RunWriter, type Store } from "./store/index.ts";
export { visibleToken } from "./visible-token.ts";
