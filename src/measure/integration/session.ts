/** What every check gets: the open model, what is known of it, and the draws of the suite. */

import type { LanguageModel } from "../../engine/index.ts";
import { classifyVocabulary, type IndicatorTable, type Vocabulary } from "../../glitch/index.ts";
import type { MemoryPrediction } from "../../models/index.ts";
import { createDraw, type Draw, suiteSeed } from "./draw.ts";
import type { MemoryMeter } from "./memory-meter.ts";
import { type Counts, SUITES, type SuiteName } from "./suites.ts";

/** Verdicts of an earlier mine of this very file. */
export interface KnownVerdicts {
  readonly run: string;
  readonly glitch: readonly number[];
  readonly normal: readonly number[];
}

/** What a server said to the request that AutoGen 0.2 sends for an entry of its config_list. */
export interface ServerReply {
  /** The entry's. */
  readonly model: string;
  /** Its base_url. */
  readonly server: string;
  readonly text: string;
  /** Rules that the reply was held against. */
  readonly rules: readonly {
    readonly id: string;
    readonly status: "pass" | "fail" | "note" | "skip";
    /** Safe to show. */
    readonly reason: string;
  }[];
  /** From the request to the reply. */
  readonly seconds: number;
}

export interface SessionOptions {
  readonly suite: SuiteName;
  /** Seed of the first suite; the second one's is derived from it. */
  readonly seed: number;
  readonly model: LanguageModel;
  /** How long it took to open. */
  readonly loadSeconds: number;
  /** Started before the model was opened. */
  readonly memory: MemoryMeter;
  /** What the model should take, by llama.cpp's own plan where it gives one. */
  readonly predictMemory: () => Promise<MemoryPrediction>;
  /** Reads the stored mine, if there is one. @default there is none */
  readonly knownVerdicts?: () => Promise<KnownVerdicts | undefined>;
  /** Reads indicators from the weights. @default they cannot be read */
  readonly readIndicators?: (options: {
    unused: readonly number[];
    seed: number;
    signal: AbortSignal;
  }) => Promise<IndicatorTable>;
  /** Asks a server that serves this model, started for it where there is none. @default none is asked */
  readonly askServer?: () => Promise<ServerReply>;
  readonly signal: AbortSignal;
}

export interface IntegrationSession extends Omit<SessionOptions, "seed"> {
  /** Seed of the first suite. */
  readonly firstSeed: number;
  /** Seed of this suite. */
  readonly seed: number;
  readonly counts: Counts;
  readonly draw: Draw;
  /** Classes of all tokens; computed once. */
  readonly vocabulary: () => Promise<Vocabulary>;
}

/** Adds to the options what all checks of a suite share. */
export function createSession(options: SessionOptions): IntegrationSession {
  const { suite, seed, model, signal } = options;
  let vocabulary: Promise<Vocabulary> | undefined;
  return {
    ...options,
    firstSeed: seed,
    seed: suiteSeed(suite, seed),
    counts: SUITES[suite],
    draw: createDraw(suite, seed),
    vocabulary() {
      vocabulary ??= classifyVocabulary(model, signal);
      return vocabulary;
    },
  };
}
