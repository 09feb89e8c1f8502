/** The port over llama.cpp in this process: one model, one context, one scheduler. */

import { AppError } from "../errors.ts";
import {
  completePlacement,
  createContext,
  type GpuChoice,
  type LlamaModel,
  loadLibrary,
  loadModel,
  type PlacementWishes,
} from "../llama/index.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { assertLoadable, describeModel, fingerprint, readGguf } from "../models/index.ts";
import { createChannel } from "./channel.ts";
import { logProbabilities, logProbability } from "./distribution.ts";
import { createGenerateTask } from "./generate-task.ts";
import { jsonSchemaToGrammar } from "./json-schema-grammar.ts";
import type {
  GenerateEvent,
  GenerateRequest,
  LanguageModel,
  ModelInfo,
  ProbeCase,
  ProbeOptions,
  ProbeResult,
  PromptCache,
} from "./language-model.ts";
import { tokenizerOf } from "./local-tokenizer.ts";
import { contextShape, defaultContext, leftoverCells, MAX_SEQUENCES } from "./placement.ts";
import { createProbeTask } from "./probe-task.ts";
import { processorCores } from "./processor-cores.ts";
import { createPromptCache } from "./prompt-cache/create-prompt-cache.ts";
import { requestBounds } from "./request-bounds.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { createScoreTask } from "./score-task.ts";
import { createStepWatch, type StepTimes, type StepWatch } from "./step-times.ts";
import type { Task } from "./task.ts";
import type { ThreadChooser } from "./thread-choice.ts";
import { createTokenSampler } from "./token-sampler.ts";

export interface LocalModelOptions extends PlacementWishes {
  /** A GGUF file, or the first of its shards. */
  path: string;
  /** What to call it. @default the file's stem */
  name?: string | undefined;
  /** Tokens of context; a smaller value saves memory. @default what the model was trained for, at most 4096 */
  context?: number | undefined;
  /** Tries thread counts on the loaded model; asked where `threads` is left open. @default one a physical core */
  chooseThreads?: ThreadChooser | undefined;
  /** @default "auto" */
  gpu?: GpuChoice | undefined;
  unsafeLib?: string | undefined;
  /** The time a step should take at most; longer steps are a little faster when nobody waits. @default 250 */
  stepMs?: number | undefined;
  /**
   * Tokens that the prefix cache may hold when a request begins. Every step looks at all cells in use, so on small
   * models a full cache costs more than it saves. @default 256 under 500M weights, else all there is room for
   */
  keepTokens?: number | undefined;
  /** Cells for all sequences together, where several long requests run at once. @default room for one of `context` */
  cacheTokens?: number | undefined;
  /** Requests that wait at most. @default 1024 */
  queueLimit?: number | undefined;
  /** Told where the time of each step went; without it nothing is timed. */
  onStep?: ((times: StepTimes) => void) | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((share: number) => void) | undefined;
  logger?: Logger | undefined;
}

/** A local model also shows what its scheduler holds, for tests and metrics. */
export interface LocalModel extends LanguageModel {
  readonly usage: Scheduler["usage"];
  readonly promptCache: PromptCache;
}

async function* noResults(): AsyncGenerator<never> {}

/** Sequence ids that probes leave to others. */
const SPARE_SEQUENCES = 32;

/**
 * Opens a model file.
 * @throws MODEL_INVALID, MODEL_LOAD, LIBRARY, OUT_OF_MEMORY, CANCELLED
 * @example
 * const model = await openLocalModel({ path: "models/lab-moe.gguf" });
 * const ids = await model.tokenize("The quick brown", { bos: true });
 * for await (const event of model.generate({ prompt: ids, maxTokens: 8 })) console.log(event);
 * await model.close();
 */
export async function openLocalModel(options: LocalModelOptions): Promise<LocalModel> {
  const { logger = silentLogger } = options;
  const placement = completePlacement(options);
  const { batchSize, kvType } = placement;
  const gguf = await readGguf(options.path);
  // llama.cpp would say the same in words that name a tensor, not the cause.
  assertLoadable(gguf);
  const library = loadLibrary({ gpu: options.gpu ?? "auto", unsafeLib: options.unsafeLib, logger });
  const native = await loadModel(library, {
    ...placement,
    path: options.path,
    gpuLayers: options.gpu === "off" ? 0 : placement.gpuLayers,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  try {
    const contextTokens = options.context ?? defaultContext(native.contextTrained);
    const threads = placement.threads || (await options.chooseThreads?.(native)) || processorCores().physical;
    const context = createContext(native, {
      ...contextShape(contextTokens, batchSize, options.cacheTokens),
      threads,
      kvType,
    });
    const keepTokens = options.keepTokens ?? leftoverCells(native.parameters);
    const watch = options.onStep && createStepWatch(options.onStep);
    const scheduler = createScheduler(context, {
      batchSize,
      ...(watch && { onStep: watch.onStep }),
      ...(options.queueLimit !== undefined && { queueLimit: options.queueLimit }),
      ...(options.stepMs !== undefined && { stepMs: options.stepMs }),
      ...(keepTokens !== undefined && { keepTokens }),
    });
    const info: ModelInfo = {
      ...describeModel(gguf),
      ...(options.name !== undefined && { name: options.name }),
      path: options.path,
      fingerprint: await fingerprint(options.path),
      vocabulary: native.vocabulary,
      parameters: native.parameters,
      sizeBytes: native.sizeBytes,
      context: contextTokens,
      contextTrained: native.contextTrained,
      bos: native.bos,
      eos: native.eos,
    };
    const promptCache = createPromptCache({ context, scheduler, info, kvType });
    return createLocalModel(native, info, scheduler, { batchSize, watch, promptCache });
  } catch (error) {
    native.dispose();
    throw error;
  }
}

function createLocalModel(
  native: LlamaModel,
  info: ModelInfo,
  scheduler: Scheduler,
  parts: { batchSize: number; watch: StepWatch | undefined; promptCache: PromptCache },
): LocalModel {
  const { batchSize, watch, promptCache } = parts;
  const { checkIds, checkFits } = requestBounds(info);
  let closed: Promise<void> | undefined;
  return {
    info,
    get usage() {
      return scheduler.usage;
    },
    promptCache,
    ...tokenizerOf(native),
    probe: (prefix, cases, options = {}) => probe(prefix, cases, options),
    score(tokens, { signal, priority = 0, client = "" } = {}) {
      return new Promise((resolve, reject) => {
        checkIds(tokens);
        checkFits(tokens.length, 0);
        const scores = new Float64Array(tokens.length).fill(Number.NaN);
        if (tokens.length === 0) return resolve(scores);
        const onRow = (at: number, row: Float32Array) => {
          const next = tokens[at + 1];
          if (next !== undefined) scores[at + 1] = logProbability(row, next);
        };
        const onEnd = (error?: unknown) => (error ? reject(error) : resolve(scores));
        scheduler.submit(createScoreTask({ tokens, priority, client, signal, onRow, onEnd }));
      });
    },
    distributions(tokens, { signal: given, priority = 0, client = "" } = {}) {
      checkIds(tokens);
      checkFits(tokens.length, 0);
      if (tokens.length === 0) return noResults();
      return stream<Float32Array>(given, (rows, signal) => {
        const onRow = (_at: number, row: Float32Array) => rows.push(logProbabilities(row));
        const onEnd = (error?: unknown) => (error ? rows.fail(error) : rows.end());
        return createScoreTask({ tokens, priority, client, signal, onRow, onEnd });
      });
    },
    generate,
    close() {
      closed ??= scheduler.close().then(() => native.dispose());
      return closed;
    },
  };

  /** Runs a task whose reader may leave early; the task then stops at the next step. */
  function stream<T>(
    signal: AbortSignal | undefined,
    create: (channel: ReturnType<typeof createChannel<T>>, signal: AbortSignal) => Task,
  ): AsyncIterable<T> {
    const left = new AbortController();
    const channel = createChannel<T>(() => left.abort());
    scheduler.submit(create(channel, signal ? AbortSignal.any([signal, left.signal]) : left.signal));
    return channel;
  }

  function probe(
    prefix: readonly number[],
    cases: readonly ProbeCase[],
    options: ProbeOptions,
  ): AsyncIterable<ProbeResult> {
    checkIds(prefix);
    let longest = 0;
    for (const { tail, target } of cases) {
      checkIds(tail);
      checkIds([target]);
      if (tail.length === 0) throw new AppError("USAGE", "A probe's tail needs at least one token.");
      longest = Math.max(longest, tail.length);
    }
    if (longest > batchSize)
      throw new AppError(
        "USAGE",
        `A probe's tail has ${longest} tokens; at most ${batchSize} fit into a batch.`,
        {
          hint: "Put what the cases have in common into the prefix.",
        },
      );
    checkFits(prefix.length + longest, 0);
    if (cases.length === 0) return noResults();
    return stream(options.signal, (results, signal) =>
      createProbeTask({
        prefix,
        cases,
        topK: options.topK ?? 5,
        priority: options.priority ?? 0,
        client: options.client ?? "",
        signal,
        results,
        batchSize,
        maxSequences: MAX_SEQUENCES - SPARE_SEQUENCES,
      }),
    );
  }

  function generate(request: GenerateRequest): AsyncIterable<GenerateEvent> {
    const { prompt, maxTokens, n = 1, seed = 0 } = request;
    checkIds(prompt);
    if (prompt.length === 0) throw new AppError("USAGE", "The prompt is empty.");
    if (!(maxTokens >= 1)) throw new AppError("USAGE", `maxTokens is ${maxTokens}; at least 1 is needed.`);
    if (!(n >= 1 && n <= SPARE_SEQUENCES))
      throw new AppError("USAGE", `n is ${n}; from 1 to ${SPARE_SEQUENCES} samples can share a prompt.`);
    if (request.grammar !== undefined && request.jsonSchema !== undefined)
      throw new AppError("USAGE", "Give a grammar or a JSON schema, not both.");
    checkFits(prompt.length, maxTokens);
    const grammar = request.jsonSchema ? jsonSchemaToGrammar(request.jsonSchema) : request.grammar;
    const samplers = Array.from({ length: n }, (_, sample) => {
      const sampler = createTokenSampler(native, {
        temperature: request.temperature ?? 0,
        topK: request.topK ?? 0,
        topP: request.topP ?? 1,
        minP: request.minP ?? 0,
        repeatPenalty: request.repeatPenalty ?? 1,
        frequencyPenalty: request.frequencyPenalty ?? 0,
        presencePenalty: request.presencePenalty ?? 0,
        penaltyLastN: request.penaltyLastN ?? 64,
        seed: (seed + sample) >>> 0,
        logitBias: request.logitBias,
        grammar,
      });
      return watch?.watch(sampler, grammar !== undefined) ?? sampler;
    });
    return stream(request.signal, (events, signal) =>
      createGenerateTask({
        prompt,
        maxTokens,
        samplers,
        stop: request.stop ?? [],
        logprobs: request.logprobs,
        endsGeneration: request.ignoreEos ? () => false : native.endsGeneration,
        tokenBytes: (id) => native.tokenBytes(id, false),
        priority: request.priority ?? 0,
        client: request.client ?? "",
        signal,
        events,
      }),
    );
  }
}
