/**
 * What the two ends of a runner say. Everything is plain data that the structured clone algorithm takes; signals,
 * callbacks and error objects are told in other words.
 */

import type { LogLevel } from "../../logger.ts";
import type {
  EngineUsage,
  GenerateRequest,
  ModelInfo,
  ProbeCase,
  ProbeOptions,
  TokenizeOptions,
  WorkOptions,
} from "../language-model.ts";
import type { LocalModelOptions } from "../local-model.ts";
import type { VocabularyTable } from "./vocabulary-table.ts";
import type { WireError } from "./wire-error.ts";

/** What a local model is opened with, as far as it can be told another process. */
export type OpenOptions = Omit<
  LocalModelOptions,
  "chooseThreads" | "onStep" | "signal" | "onProgress" | "logger"
>;

type Sent<T> = Omit<T, "signal">;

/** One piece of work; each is a method of the port. */
export type RunnerCall =
  | { readonly method: "tokenize"; readonly text: string; readonly options: TokenizeOptions }
  | {
      readonly method: "detokenize";
      readonly ids: readonly number[];
      readonly options: { special?: boolean };
    }
  | { readonly method: "score"; readonly tokens: readonly number[]; readonly options: Sent<WorkOptions> }
  | {
      readonly method: "probe";
      readonly prefix: readonly number[];
      readonly cases: readonly ProbeCase[];
      readonly options: Sent<ProbeOptions>;
    }
  | {
      readonly method: "distributions";
      readonly tokens: readonly number[];
      readonly options: Sent<WorkOptions>;
      /** Rows that may be under way at a time. */
      readonly window: number;
    }
  | { readonly method: "generate"; readonly request: Sent<GenerateRequest> }
  | { readonly method: "save"; readonly tokens: readonly number[]; readonly path: string }
  | { readonly method: "load"; readonly path: string };

/** What the child is told; it gets them by the array, everything of one turn of the event loop together. */
export type ParentMessage =
  | { readonly type: "open"; readonly options: OpenOptions }
  | { readonly type: "call"; readonly id: number; readonly call: RunnerCall }
  | { readonly type: "cancel"; readonly id: number }
  /** So many rows of distributions were taken: as many more may come. */
  | { readonly type: "taken"; readonly id: number; readonly rows: number }
  | { readonly type: "close" };

/** How a call ended: with what it gives, or with an error. */
export type CallEnd =
  | { readonly id: number; readonly value?: unknown }
  | { readonly id: number; readonly error: WireError };

/** What the child holds at a moment. */
export interface RunnerState {
  readonly usage: EngineUsage | undefined;
  /** Bytes. */
  readonly resident: number;
}

/** All that came of one step of the engine. */
export interface ReplyBatch {
  readonly type: "batch";
  /** Results of calls by the call's id; of one call they come in order, and before its end. */
  readonly items: ReadonlyMap<number, readonly unknown[]>;
  readonly ends: readonly CallEnd[];
  readonly state: RunnerState;
}

/** What is known once the model is open. */
export interface OpenedModel {
  readonly info: ModelInfo;
  readonly vocabulary: VocabularyTable;
  readonly keepsPrompts: boolean;
  readonly state: RunnerState;
}

export type ChildMessage =
  | { readonly type: "progress"; readonly share: number }
  | {
      readonly type: "log";
      readonly level: Exclude<LogLevel, "silent">;
      readonly message: string;
      readonly context: object | undefined;
    }
  | { readonly type: "opened"; readonly model: OpenedModel }
  /** The model could not be opened; nothing comes after. */
  | { readonly type: "failed"; readonly error: WireError }
  | ReplyBatch;
