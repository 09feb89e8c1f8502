/** The port over a model in a process of its own: a crash of native code costs its requests and nothing else. */

import type { Logger } from "../../logger.ts";
import type { LanguageModel } from "../language-model.ts";
import type { LocalModelOptions } from "../local-model.ts";

/** What a local model is opened with, as far as it can be told another process. */
export interface RunnerOptions
  extends Omit<LocalModelOptions, "chooseThreads" | "onStep" | "signal" | "onProgress" | "logger"> {
  /** Stops the loading. */
  signal?: AbortSignal | undefined;
  onProgress?: ((share: number) => void) | undefined;
  logger?: Logger | undefined;
  /** Arguments of Node for the child. @default those of this process */
  execArgv?: readonly string[] | undefined;
}

export interface RunnerEnd {
  /** It was asked to. */
  readonly expected: boolean;
  /** "SIGKILL", "status 1": for a message. */
  readonly how: string;
}

/**
 * Work in flight when the process ends fails with RUNNER_LOST, and so does all work after. close() ends the process
 * and resolves when it is gone and its memory is back.
 */
export interface Runner extends LanguageModel {
  readonly pid: number;
  /** Bytes that the process holds, as it last told; undefined before it has. */
  readonly resident: number | undefined;
  /** Resolves, never rejects, when the process is gone. */
  readonly ended: Promise<RunnerEnd>;
}
