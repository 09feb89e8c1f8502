/**
 * The port everything above the engine uses. Adapters: local (llama.cpp in this process) and scripted;
 * test/native and test/property run one contract suite over all of them.
 *
 * Token ids are plain numbers. Prompts that contain a chosen token are built from ids, never from text that
 * is tokenised again. Probabilities are those of the full vocabulary at temperature 1; logs are natural.
 */

import type { ChosenTemplate } from "../models/index.ts";

export interface ModelInfo {
  /** Short name: the file's stem or the catalogue name. */
  readonly name: string;
  /** Where the weights are, or undefined for a model without a file. */
  readonly path: string | undefined;
  /** As in the GGUF metadata: "llama" for Llama, Mistral and Mixtral. */
  readonly architecture: string;
  readonly parameters: number;
  readonly layers: number;
  /** 0 for a dense model. */
  readonly experts: number;
  readonly expertsUsed: number;
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Tokens the engine accepts in one sequence. */
  readonly context: number;
  /** Tokens the model was trained for. */
  readonly contextTrained: number;
  /** "Q4_K_M", "Q8_0", "F16" … */
  readonly quantisation: string;
  /** SHA-256 over header, tensor table and a fixed sample of the data; identifies what was measured. */
  readonly fingerprint: string;
  /** The Jinja chat template, if the model has one. */
  readonly chatTemplate: string | undefined;
  /** What conversations are rendered with, and why; without it the model's own template is taken. */
  readonly template?: ChosenTemplate | undefined;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** Bytes of weights in memory. */
  readonly sizeBytes: number;
}

export type TokenKind = "normal" | "control" | "byte" | "unused" | "unknown" | "user";

export interface TokenizeOptions {
  /** Put the beginning-of-sequence token first. @default false */
  bos?: boolean;
  /** Read "<s>", "</s>" and the like as control tokens, not as text. @default false */
  special?: boolean;
  /** The text goes on after other text: no space is put before it. @default false */
  continuation?: boolean;
}

export interface ProbeCase {
  /** What follows the shared prefix; at least one id. */
  readonly tail: readonly number[];
  /** The id whose probability at the next place is asked for. */
  readonly target: number;
}

export interface TokenChance {
  readonly id: number;
  readonly p: number;
}

/** The next-token distribution after prefix + tail, in figures. */
export interface ProbeResult {
  /** Position of the case in the request. */
  readonly index: number;
  /** p(target). */
  readonly p: number;
  /** ln p(target); finite where p underflows. */
  readonly logp: number;
  /** 1 = the most probable token. */
  readonly rank: number;
  /** Shannon entropy in nats. */
  readonly entropy: number;
  /** The k most probable tokens, best first. */
  readonly top: readonly TokenChance[];
}

export interface WorkOptions {
  signal?: AbortSignal | undefined;
  /** Lower goes first; equal priorities share. @default 0 */
  priority?: number;
  /** Who asks: those of equal priority that wait are taken in turns, one of each client. @default "" */
  client?: string | undefined;
}

export interface ProbeOptions extends WorkOptions {
  /** @default 5 */
  topK?: number;
}

export interface SamplingOptions {
  /** 0 is greedy. @default 0 */
  temperature?: number;
  /** 0 keeps all. @default 0 */
  topK?: number;
  /** @default 1 */
  topP?: number;
  /** @default 0 */
  minP?: number;
  /** Multiplies down tokens seen in the last `penaltyLastN`. @default 1 */
  repeatPenalty?: number;
  /** @default 0 */
  frequencyPenalty?: number;
  /** @default 0 */
  presencePenalty?: number;
  /** @default 64 */
  penaltyLastN?: number;
  /** Added to the logits of these ids before anything else; -Infinity bans. */
  logitBias?: ReadonlyMap<number, number>;
}

export interface GenerateRequest extends WorkOptions, SamplingOptions {
  /** The whole prompt as ids, beginning of sequence included. */
  prompt: readonly number[];
  /** At most this many new tokens. */
  maxTokens: number;
  /** Samples that share the prompt; sample i uses seed + i. @default 1 */
  n?: number;
  /** 32 bits. @default 0 */
  seed?: number;
  /** The text ends before the first of these. */
  stop?: readonly string[];
  /** Go on after an end-of-generation token. @default false */
  ignoreEos?: boolean;
  /** Log-probabilities of the chosen token and this many others. Undefined: none. */
  logprobs?: number;
  /** GBNF; its root rule is "root". Excludes jsonSchema. */
  grammar?: string;
  /** Refused with UNSUPPORTED when it holds what the converter cannot express. Excludes grammar. */
  jsonSchema?: object;
}

export type FinishReason = "stop" | "length" | "abort";

export type GenerateEvent =
  | {
      type: "token";
      /** Which of the n samples. */
      sample: number;
      id: number;
      /** Text that became complete with this token; may be empty within a multi-byte character. */
      text: string;
      logprob?: number;
      top?: readonly TokenChance[];
    }
  | {
      type: "end";
      sample: number;
      reason: FinishReason;
      /** Text held back until now, as it might have become a stop string; the token events lack it. */
      rest: string;
      /** The whole text of the sample, up to but without the stop string. */
      text: string;
      promptTokens: number;
      /** Prompt tokens that came from the cache. */
      cachedTokens: number;
      completionTokens: number;
      /** Where the time went; adapters that cannot tell leave it out. */
      timings?: GenerateTimings;
    };

/** Milliseconds of one sample. */
export interface GenerateTimings {
  /** From being handed in until the work began. */
  readonly queued: number;
  /** From then until the first new token. */
  readonly prompt: number;
  /** From the first new token to the last. */
  readonly generation: number;
}

/** What computed prompts left in the cache, on disk and back: the next process need not compute them again. */
export interface PromptCache {
  /**
   * Writes what the cache holds of the beginning of `tokens`; undefined if that is nothing.
   * @throws DISK_FULL, STORE; BUSY where running work has all sequences; UNSUPPORTED for models whose cells hold more
   * than keys and values
   */
  save(tokens: readonly number[], path: string): Promise<{ tokens: number; bytes: number } | undefined>;
  /**
   * Takes a saved beginning into the cache, where requests that begin with it find it.
   * @returns the tokens it holds
   * @throws DATA_UNAVAILABLE for a file that is damaged, or of another model or kind of cache; CONTEXT_FULL for one
   * that is longer than the context; BUSY where running work leaves no room for it
   */
  load(path: string): Promise<{ tokens: number; bytes: number }>;
}

/** What a scheduler holds at a moment. */
export interface EngineUsage {
  /** Cells there are, and of them: reserved by running work, and left by finished work for later. */
  readonly cells: number;
  readonly reserved: number;
  readonly cached: number;
  /** Requests that run, and that wait. */
  readonly active: number;
  readonly waiting: number;
}

/** The part of a model that needs no weights: text to ids and back. */
export interface Tokenizer {
  readonly info: ModelInfo;
  tokenize(text: string, options?: TokenizeOptions): Promise<number[]>;
  /** Text of a whole sequence; control tokens are left out unless `special`. */
  detokenize(ids: readonly number[], options?: { special?: boolean }): Promise<string>;
  /** The bytes that a token stands for (a leading space included); empty for control tokens. */
  tokenBytes(id: number): Uint8Array;
  tokenKind(id: number): TokenKind;
  /** Ends all work in flight with CANCELLED and frees everything. Safe to call twice. */
  close(): Promise<void>;
}

export interface LanguageModel extends Tokenizer {
  /** Chances of each case's target after prefix + tail. Results come as they are ready, in any order. */
  probe(
    prefix: readonly number[],
    cases: readonly ProbeCase[],
    options?: ProbeOptions,
  ): AsyncIterable<ProbeResult>;
  /** ln p of each token given those before it; the first is NaN, having none before. */
  score(tokens: readonly number[], options?: WorkOptions): Promise<Float64Array>;
  /**
   * The whole next-token distribution after each of the tokens, in order: ln p of every id, [vocabulary]. A row
   * is the reader's to keep; those not read yet wait in memory, so long sequences belong into several calls.
   */
  distributions(tokens: readonly number[], options?: WorkOptions): AsyncIterable<Float32Array>;
  generate(request: GenerateRequest): AsyncIterable<GenerateEvent>;
  /** Absent where computed prompts cannot be kept. */
  readonly promptCache?: PromptCache | undefined;
  /** Absent where there is no queue to look at. */
  readonly usage?: EngineUsage | undefined;
}
