/** Opens the model that a command names and closes it whatever happens. Native code is loaded here, not before. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { LanguageModel, Tokenizer } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import type { Gguf, QuantChoice, ResolvedModel } from "../models/index.ts";
import type { CliContext, SharedOptions } from "./context.ts";
import { describeThreads, planPlacement } from "./plan-placement.ts";

/** models/ beside package.json, seen from src/cli and from dist/cli alike. */
export const BUNDLED_DIR = fileURLToPath(new URL("../../models", import.meta.url));

export interface ModelChoice {
  /** The MODEL argument, if one was given. */
  readonly argument?: string | undefined;
  /** The command's flags: --model stands for the argument. */
  readonly options: Partial<SharedOptions>;
  /** What a folder or an F16 file is turned into first, as --quant-type says. */
  readonly quantType?: QuantChoice | undefined;
  /**
   * Many small prompts, nobody waiting: steps are whole batches whatever time they take, and nothing stays in the
   * cache that nobody uses. So what a page computes hangs neither on the clock nor on the pages before it.
   */
  readonly bulk?: boolean;
}

/** The MODEL text: argument or flag, else the setting. */
export function modelText({ config }: CliContext, { argument, options }: ModelChoice): string {
  if (argument !== undefined && options.model !== undefined && argument !== options.model) {
    throw new AppError("USAGE", `Two models are given: ${argument} and --model ${options.model}.`, {
      hint: "Leave one of them out.",
    });
  }
  return argument ?? config.model;
}

/** The model's file, made first where it has to be. */
export async function findModel(context: CliContext, choice: ModelChoice): Promise<ResolvedModel> {
  const { config, signal, terminal, logger } = context;
  const [{ resolveModel }, { userEntries }] = await Promise.all([
    import("../models/index.ts"),
    import("./user-catalogue.ts"),
  ]);
  let stage: string | undefined;
  return resolveModel(modelText(context, choice), {
    cwd: process.cwd(),
    bundledDir: BUNDLED_DIR,
    modelsDir: resolve(config.modelsDir),
    cacheDir: config.cacheDir,
    userEntries,
    quantType: choice.quantType,
    signal,
    onNote: (message) => logger.info(message),
    onWarning: (message) => logger.warn(message),
    onProgress(name, done, total) {
      if (stage !== name) terminal.onEvent({ type: "stage-start", stage: name, total, unit: "of it", done });
      stage = name;
      terminal.onEvent({ type: "stage-progress", stage: name, done, total });
    },
  });
}

/** Runs `use` with the model open. */
export async function withModel<T>(
  context: CliContext,
  choice: ModelChoice,
  use: (model: LanguageModel, gguf: Gguf) => Promise<T>,
): Promise<T> {
  const found = await findModel(context, choice);
  const { name, path, gguf } = found;
  const placement = await planPlacement(context, found);
  const { openLocalModel, threadChooser } = await import("../engine/index.ts");
  const { config, signal, logger, terminal, unsafeLib } = context;
  const started = performance.now();
  terminal.onEvent({ type: "stage-start", stage: "load", total: 100, unit: "%", done: 0 });
  const model = await openLocalModel({
    path,
    name,
    // 0 means "as the engine thinks best".
    context: config.context || undefined,
    ...placement,
    gpu: config.gpu,
    // Three seconds of measuring pay in hours, not in an answer.
    ...(choice.bulk && {
      chooseThreads: threadChooser({
        cacheDir: config.cacheDir,
        onChoice: (found) => logger.info(describeThreads(found)),
      }),
    }),
    ...(choice.bulk && { stepMs: Number.POSITIVE_INFINITY, keepTokens: 0 }),
    unsafeLib,
    signal,
    logger,
    onProgress: (share) =>
      terminal.onEvent({ type: "stage-progress", stage: "load", done: Math.floor(share * 100), total: 100 }),
  });
  terminal.onEvent({
    type: "stage-end",
    stage: "load",
    done: 100,
    seconds: (performance.now() - started) / 1_000,
  });
  try {
    return await use(model, gguf);
  } finally {
    await model.close();
  }
}

/** Runs `use` with the model's tokenizer open; no weights are read. */
export async function withTokenizer<T>(
  context: CliContext,
  choice: ModelChoice,
  use: (tokenizer: Tokenizer, gguf: Gguf) => Promise<T>,
): Promise<T> {
  const { name, path, gguf } = await findModel(context, choice);
  const { openLocalTokenizer } = await import("../engine/index.ts");
  const { signal, logger, unsafeLib } = context;
  const tokenizer = await openLocalTokenizer({ path, name, unsafeLib, signal, logger });
  try {
    return await use(tokenizer, gguf);
  } finally {
    await tokenizer.close();
  }
}
