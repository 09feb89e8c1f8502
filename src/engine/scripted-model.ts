/**
 * A LanguageModel without weights, for tests and dry runs. It copies what stands in quotes and fails where it
 * is told to. Its next-token distribution is a pure function of the sequence, so probe, score and generate
 * agree by construction, and every answer is the same in every run.
 */

import { AppError } from "../errors.ts";
import { createRandom } from "../random.ts";
import type {
  FinishReason,
  GenerateEvent,
  GenerateRequest,
  LanguageModel,
  ModelInfo,
  ProbeCase,
  ProbeOptions,
  ProbeResult,
  WorkOptions,
} from "./language-model.ts";
import { copyQuoted, createScriptedLogits, hashIds } from "./scripted-behaviour.ts";
import { logSoftmax, sampleToken, topChances } from "./scripted-sampler.ts";
import { createScriptedTokenizer, type ScriptedToken, toyVocabulary } from "./scripted-vocabulary.ts";
import { createTextStream } from "./text-stream.ts";

/** One unit of work about to be done, for `intercept`. */
export interface ScriptedCall {
  readonly kind: "probe" | "score" | "distributions" | "generate";
  readonly sequence: readonly number[];
}

export interface ScriptedModelOptions {
  /** Texts (normal tokens) or whole entries; the index is the id. @default toyVocabulary() */
  tokens?: readonly (string | ScriptedToken)[];
  /** Ids that the model does not copy. @default none */
  glitches?: Iterable<number>;
  /** Which id the sequence asks for, if any. @default the id in the nearest quotes, see copyQuoted */
  expected?: (sequence: readonly number[]) => number | undefined;
  /** Whether the model fails to give the expected id here. @default expected is one of `glitches` */
  fails?: (sequence: readonly number[], expected: number) => boolean;
  /** Probability of the argmax. @default about 0.99 for a copy, 0.4 for a failure */
  confidence?: (sequence: readonly number[], expected: number | undefined) => number;
  /** Called before each unit of work; may wait, throw or abort. */
  intercept?: (call: ScriptedCall) => void | Promise<void>;
  /** Overrides of the model's description. */
  info?: Partial<ModelInfo>;
}

/** The scripted adapter counts its work. */
export interface ScriptedModel extends LanguageModel {
  /** Cases probed, sequences scored, sequences whose distributions were asked for, generations begun. */
  readonly calls: { probe: number; score: number; distributions: number; generate: number };
}

/** Cases between two looks at the abort signal, as a real engine's batch. */
const CASES_PER_STEP = 96;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Opens a scripted model. Grammars and JSON schemas are refused with UNSUPPORTED. */
export function createScriptedModel(options: ScriptedModelOptions = {}): ScriptedModel {
  const tokens = (options.tokens ?? toyVocabulary()).map((token) =>
    typeof token === "string" ? { text: token } : token,
  );
  const idOf = (text: string) => {
    const id = tokens.findIndex((token) => token.text === text && token.kind === "control");
    return id < 0 ? undefined : id;
  };
  const info: ModelInfo = {
    name: "scripted",
    path: undefined,
    architecture: "scripted",
    parameters: 0,
    layers: 0,
    experts: 0,
    expertsUsed: 0,
    vocabulary: tokens.length,
    context: 1024,
    contextTrained: 1024,
    quantisation: "none",
    fingerprint: `scripted-${hashIds(tokens.map(({ text }) => text.length)).toString(16)}`,
    chatTemplate: "[INST] {{ messages[0].content }} [/INST]",
    bos: idOf("<s>"),
    eos: idOf("</s>"),
    sizeBytes: 0,
    ...options.info,
  };
  const tokenizer = createScriptedTokenizer(tokens, info.bos);
  const glitches = new Set(options.glitches);
  const logitsAfter = createScriptedLogits(tokens.length, {
    expected: options.expected ?? copyQuoted(tokens, info.eos),
    fails: options.fails ?? ((_, id) => glitches.has(id)),
    confidence: options.confidence,
  });
  const calls = { probe: 0, score: 0, distributions: 0, generate: 0 };
  let closed = false;

  const check = (signal?: AbortSignal) => {
    if (closed) throw new AppError("CANCELLED", "The model was closed.");
    if (signal?.aborted) throw new AppError("CANCELLED", "The work was stopped.");
  };
  const checkIds = (ids: readonly number[]) => {
    const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= tokens.length);
    if (bad !== undefined) throw new AppError("USAGE", `The vocabulary has no token ${bad}.`);
  };
  const checkFits = (promptTokens: number, maxTokens = 0) => {
    if (promptTokens + maxTokens <= info.context) return;
    throw new AppError(
      "CONTEXT_FULL",
      `${promptTokens} tokens and ${maxTokens} new ones do not fit in a context of ${info.context}.`,
      { details: { promptTokens, maxTokens, context: info.context } },
    );
  };

  async function probeCase(prefix: readonly number[], item: ProbeCase, index: number, topK: number) {
    const sequence = [...prefix, ...item.tail];
    checkIds([item.target, ...item.tail]);
    checkFits(sequence.length);
    await options.intercept?.({ kind: "probe", sequence });
    calls.probe++;
    const logp = logSoftmax(logitsAfter(sequence));
    const own = logp[item.target]!;
    let rank = 1;
    let entropy = 0;
    logp.forEach((value, id) => {
      if (value > own || (value === own && id < item.target)) rank++;
      entropy -= Math.exp(value) * value;
    });
    return { index, p: Math.exp(own), logp: own, rank, entropy, top: topChances(logp, topK) };
  }

  async function* probe(
    prefix: readonly number[],
    cases: readonly ProbeCase[],
    { signal, topK = 5 }: ProbeOptions = {},
  ): AsyncGenerator<ProbeResult> {
    checkIds(prefix);
    for (const [index, item] of cases.entries()) {
      if (item.tail.length === 0) throw new AppError("USAGE", "A probe's tail needs at least one token.");
      if (index % CASES_PER_STEP === 0) await nextTurn();
      check(signal);
      yield await probeCase(prefix, item, index, topK);
    }
  }

  async function score(sequence: readonly number[], { signal }: WorkOptions = {}): Promise<Float64Array> {
    checkIds(sequence);
    checkFits(sequence.length);
    await options.intercept?.({ kind: "score", sequence });
    await nextTurn();
    check(signal);
    calls.score++;
    return Float64Array.from(sequence, (id, at) =>
      at === 0 ? Number.NaN : logSoftmax(logitsAfter(sequence.slice(0, at)))[id]!,
    );
  }

  async function* distributions(
    sequence: readonly number[],
    { signal }: WorkOptions = {},
  ): AsyncGenerator<Float32Array> {
    checkIds(sequence);
    checkFits(sequence.length);
    await options.intercept?.({ kind: "distributions", sequence });
    calls.distributions++;
    for (let at = 0; at < sequence.length; at++) {
      await nextTurn();
      check(signal);
      yield Float32Array.from(logSoftmax(logitsAfter(sequence.slice(0, at + 1))));
    }
  }

  async function* generate(request: GenerateRequest): AsyncGenerator<GenerateEvent> {
    const { prompt, maxTokens, n = 1, seed = 0, logprobs, signal } = request;
    if (request.grammar !== undefined || request.jsonSchema !== undefined)
      throw new AppError("UNSUPPORTED", "A scripted model follows no grammar.");
    if (prompt.length === 0) throw new AppError("USAGE", "The prompt is empty.");
    if (!(maxTokens >= 1)) throw new AppError("USAGE", `maxTokens is ${maxTokens}; at least 1 is needed.`);
    checkIds(prompt);
    checkFits(prompt.length, maxTokens);
    await options.intercept?.({ kind: "generate", sequence: prompt });
    calls.generate++;
    const samples = Array.from({ length: n }, (_, sample) => ({
      sample,
      sequence: [...prompt],
      draw: createRandom(seed + sample),
      text: createTextStream(request.stop),
      made: 0,
      done: false,
    }));
    const end = (item: (typeof samples)[number], reason: FinishReason): GenerateEvent => {
      item.done = true;
      const rest = item.text.flush();
      return {
        type: "end",
        sample: item.sample,
        reason,
        rest,
        text: item.text.text,
        promptTokens: prompt.length,
        cachedTokens: 0,
        completionTokens: item.made,
      };
    };
    while (samples.some(({ done }) => !done)) {
      await nextTurn();
      check(signal);
      for (const item of samples.filter(({ done }) => !done)) {
        const logits = logitsAfter(item.sequence);
        const logp = logprobs === undefined ? undefined : logSoftmax(logits);
        const id = sampleToken(logits, item.sequence, request, item.draw);
        item.made++;
        if (id === info.eos && !request.ignoreEos) {
          yield end(item, "stop");
          continue;
        }
        item.sequence.push(id);
        const { text, stopped } = item.text.push(tokenizer.bytes(id));
        yield {
          type: "token",
          sample: item.sample,
          id,
          text,
          ...(logp && { logprob: logp[id]!, top: topChances(logp, logprobs!) }),
        };
        if (stopped) yield end(item, "stop");
        else if (item.made >= maxTokens) yield end(item, "length");
      }
    }
  }

  return {
    info,
    calls,
    tokenize: async (text, tokenizeOptions) => {
      check();
      return tokenizer.tokenize(text, tokenizeOptions);
    },
    detokenize: async (ids, { special = false } = {}) => {
      check();
      checkIds(ids);
      const text = createTextStream();
      const parts = ids.map((id) =>
        special && tokens[id]!.kind === "control" ? tokens[id]!.text : text.push(tokenizer.bytes(id)).text,
      );
      return parts.join("") + text.flush();
    },
    tokenBytes: (id) => tokenizer.bytes(id),
    tokenKind: (id) => tokens[id]?.kind ?? "normal",
    probe,
    score,
    distributions,
    generate,
    close: async () => {
      closed = true;
    },
  };
}
