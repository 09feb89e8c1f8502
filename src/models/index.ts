// Model files: read, write, check, convert, quantise, describe, find and pull them; memory estimates; chat templates.
// Not here: running a model (engine/) and the C API (llama/). The network is pull/'s alone, and only when asked.
// Start at gguf/read-gguf.ts; resolve-model.ts turns a user's MODEL argument into a file.

export { CATALOGUE, CATALOGUE_ALIASES, findEntry } from "./catalogue/catalogue.ts";
export {
  type CatalogueEntry,
  type CatalogueFile,
  entrySize,
  type ModelShape,
} from "./catalogue/catalogue-entry.ts";
export { type CloudInstance, smallestInstances } from "./catalogue/cloud-instances.ts";
export { findInstalled, type InstallFolders } from "./catalogue/find-installed.ts";
export { entryOfFile, headerText, shapeOf } from "./catalogue/local-entry.ts";
export { fitMachine, type GpuFacts, type MachineFacts, type MachineFit } from "./catalogue/machine-fit.ts";
export {
  type CardMemory,
  type CardMemoryRow,
  cardOfEntry,
  cardOfFile,
  type ModelCard,
  type TypeShare,
} from "./catalogue/model-card.ts";
export { type QuantisedSize, quantisedSizes } from "./catalogue/quantised-sizes.ts";
export { entryOfAddress } from "./catalogue/remote-entry.ts";
export { ENTRY_NAME, readUserEntries, USER_CATALOGUE, writeUserEntries } from "./catalogue/user-entries.ts";
export {
  BUILT_IN_TEMPLATES,
  isTemplateName,
  TEMPLATE_NAMES,
  type TemplateName,
} from "./chat/built-in-templates.ts";
export { type ChosenTemplate, chooseTemplate, type TemplateFacts } from "./chat/choose-template.ts";
export {
  CHAT_ROLES,
  type ChatMessage,
  type ChatRole,
  type ChatTokens,
  type RenderedChat,
} from "./chat/messages.ts";
export { type RenderChatOptions, renderChat } from "./chat/render-chat.ts";
export { renderJinja } from "./chat/render-jinja.ts";
export { type ConvertOptions, type ConvertResult, convertFolder } from "./convert/convert-folder.ts";
export {
  type ConvertModelOptions,
  type ConvertModelResult,
  type ConvertStage,
  convertModel,
} from "./convert/convert-model.ts";
export type { FloatType } from "./convert/half-floats.ts";
export { describeModel, type ModelDescription } from "./describe-model.ts";
export {
  estimateMemory,
  KV_BYTES,
  type KvType,
  kvBytesPerToken,
  type MemoryEstimate,
  type MemoryOptions,
  type ModelSizes,
} from "./estimate-memory.ts";
export { fingerprint } from "./gguf/fingerprint.ts";
export { GGML_TYPES, type GgmlTypeName } from "./gguf/ggml-types.ts";
export { findTensor, type Gguf, type GgufShard, type GgufTensor } from "./gguf/gguf.ts";
export { assertLoadable, describeLegacyExperts, type LegacyExperts } from "./gguf/legacy-experts.ts";
export {
  booleanOf,
  bytesAt,
  type GgufValue,
  type Metadata,
  numberOf,
  numbersOf,
  type StringList,
  stringAt,
  stringList,
  stringsOf,
  textOf,
} from "./gguf/metadata.ts";
export { readGguf } from "./gguf/read-gguf.ts";
export { type RowChunk, type StreamRowsOptions, streamRows } from "./gguf/stream-rows.ts";
export { type GgufToWrite, type TensorToWrite, writeGguf } from "./gguf/write-gguf.ts";
export { assessMemory, type MemoryAssessment, type MemoryVerdict } from "./memory/assess-memory.ts";
export { type FitOptions, fitPlacement } from "./memory/fit-placement.ts";
export { formatBytes } from "./memory/format-bytes.ts";
export { type MemoryFacts, memoryFacts } from "./memory/memory-facts.ts";
export type { DeviceMemory, MemoryPrediction, RamMemory } from "./memory/memory-prediction.ts";
export { estimatePrediction, type PredictOptions, predictMemory } from "./memory/predict-memory.ts";
export { type RequireMemoryOptions, requireMemory } from "./memory/require-memory.ts";
export { writeOutputFile } from "./output-file.ts";
export type { PulledFile } from "./pull/pull-file.ts";
export { type PulledModel, type PullOptions, pullModel } from "./pull/pull-model.ts";
export { cachedModels, type PulledFolderOptions, pulledFolder } from "./pull/pulled-folder.ts";
export { type PullSource, parseSource, type SourceOptions } from "./pull/source.ts";
export { parseQuantType, type QuantiseModelOptions, type QuantiseResult, quantise } from "./quantise.ts";
export { type PlannedTensor, planRepair, type RepairPlan } from "./repair/plan-repair.ts";
export { type RepairOptions, type RepairResult, repairModel } from "./repair/repair-model.ts";
export {
  BUNDLED_MODELS,
  locateModel,
  type ModelPlace,
  QUANT_CHOICES,
  type QuantChoice,
  type ResolvedModel,
  type ResolveOptions,
  resolveModel,
} from "./resolve-model.ts";
export type { ModelCheck } from "./verify/model-check.ts";
export { MODEL_CHECKS, type ModelCheckId, type VerifyOptions, verifyModel } from "./verify/verify-model.ts";
