// The LanguageModel port and its adapters: one way to run a model, whatever runs it.
// Not here: the C API (llama/), model files (models/), what is asked of a model (glitch/, desk/).
// Start at language-model.ts, then local-model.ts and scheduler.ts.
export { type ChatFrame, chatFrame } from "./chat-frame.ts";
export { distribution, logProbability } from "./distribution.ts";
export { type EncodeChatOptions, type EncodedChat, encodeChat, templateFor } from "./encode-chat.ts";
export { quote as gbnfText } from "./json-schema-grammar/gbnf-literal.ts";
export { createGrammarBuilder, type GrammarBuilder, jsonSchemaToGrammar } from "./json-schema-grammar.ts";
export type * from "./language-model.ts";
export { type LocalModel, type LocalModelOptions, openLocalModel } from "./local-model.ts";
export { type LocalTokenizerOptions, openLocalTokenizer } from "./local-tokenizer.ts";
export { contextShape, defaultContext } from "./placement.ts";
export { type ProcessorCores, processorCores } from "./processor-cores.ts";
export { openRunner } from "./runner/open-runner.ts";
export type * from "./runner/runner.ts";
export { createScriptedModel, type ScriptedModel, type ScriptedModelOptions } from "./scripted-model.ts";
export type { ScriptedToken } from "./scripted-vocabulary.ts";
export type { DecodedStep, SamplingTime, StepTimes } from "./step-times.ts";
export { type ThreadChoice, type ThreadChooser, threadChooser } from "./thread-choice.ts";
