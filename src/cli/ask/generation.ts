/** Flags of text generation, and one generation from its prompt to its samples. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { FinishReason, GenerateRequest, LanguageModel, TokenChance } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { collect, numberBetween, wholeNumber } from "../options.ts";

/** Of everything that writes an answer. */
export interface AnswerOptions {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  stop?: string[];
  grammar?: string;
  jsonSchema?: string;
}

export interface GenerationOptions extends AnswerOptions {
  maxTokens: number;
  n: number;
  logprobs?: number;
}

export function addGenerationOptions(command: Command): Command {
  return addAnswerOptions(
    command
      .optionsGroup("Generation:")
      .option("--max-tokens <n>", "at most so many new tokens", wholeNumber(1), 256),
  )
    .option("--n <samples>", "answers to one prompt", wholeNumber(1), 1)
    .option("--logprobs <k>", "with --json: log-probability of each token and of k others", wholeNumber(0));
}

/** How tokens are drawn and what form the answer has. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option("--temperature <t>", "0 takes the most probable token", numberBetween(0), 0)
    .option("--top-k <k>", "draw from the k most probable, 0 from all", wholeNumber(0), 0)
    .option("--top-p <p>", "draw from those that make up this share", numberBetween(0, 1), 1)
    .option("--min-p <p>", "leave out those below this share of the best", numberBetween(0, 1), 0)
    .option("--stop <text>", "end before this text; may be given several times", collect)
    .option("--grammar <file>", "answers follow this GBNF grammar")
    .option("--json-schema <file>", "answers are JSON of this schema");
}

export interface Sample {
  readonly text: string;
  readonly reason: FinishReason;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Only when asked for. */
  readonly tokens?: { id: number; text: string; logprob: number | null; top: readonly TokenChance[] }[];
}

/** Everything of a request but its prompt and signal. */
export type RequestSettings = Omit<GenerateRequest, "prompt" | "signal">;

/**
 * Reads the flags and the files they name.
 * @throws AppError USAGE, DATA_UNAVAILABLE
 */
export function requestSettings(options: GenerationOptions, seed: number): RequestSettings {
  const { maxTokens, temperature, topK, topP, minP, n, stop, logprobs } = options;
  const form = readForm(options);
  if (n > 1 && temperature === 0) {
    throw new AppError("USAGE", `--n ${n} would give the same answer ${n} times at temperature 0.`, {
      hint: "Add --temperature 0.8, for example.",
    });
  }
  return {
    ...{ maxTokens, temperature, topK, topP, minP, n, seed },
    ...(stop !== undefined && { stop }),
    ...(logprobs !== undefined && { logprobs }),
    ...form,
  };
}

/**
 * Reads the files that say what form answers have.
 * @throws AppError USAGE, DATA_UNAVAILABLE
 */
export function readForm({
  grammar,
  jsonSchema,
}: Pick<AnswerOptions, "grammar" | "jsonSchema">): Pick<GenerateRequest, "grammar" | "jsonSchema"> {
  if (grammar !== undefined && jsonSchema !== undefined) {
    throw new AppError("USAGE", "--grammar and --json-schema exclude each other.");
  }
  return {
    ...(grammar !== undefined && { grammar: readText(grammar) }),
    ...(jsonSchema !== undefined && { jsonSchema: readSchema(jsonSchema) }),
  };
}

/** Runs one request; `onText` hears the first sample's text as it comes. */
export async function generateSamples(
  model: LanguageModel,
  request: GenerateRequest,
  onText?: (text: string) => void,
): Promise<Sample[]> {
  const tokens: NonNullable<Sample["tokens"]>[] = [];
  const samples: Sample[] = [];
  let told = 0;
  for await (const event of model.generate(request)) {
    if (event.type === "token") {
      if (event.sample === 0) {
        onText?.(event.text);
        told += event.text.length;
      }
      tokens[event.sample] ??= [];
      tokens[event.sample]!.push({
        id: event.id,
        text: event.text,
        logprob: event.logprob ?? null,
        top: event.top ?? [],
      });
    } else {
      const { sample, text, reason, promptTokens, completionTokens } = event;
      // Half a character at the end comes with no token; it is in the whole text as U+FFFD.
      if (sample === 0) onText?.(text.slice(told));
      samples[sample] = {
        ...{ text, reason, promptTokens, completionTokens },
        ...(request.logprobs !== undefined && { tokens: tokens[sample] ?? [] }),
      };
    }
  }
  return samples;
}

/** @throws AppError DATA_UNAVAILABLE */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The file ${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

function readSchema(path: string): object {
  let schema: unknown;
  try {
    schema = JSON.parse(readText(path));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new AppError("DATA_UNAVAILABLE", `The schema ${path} is not JSON: ${cause.message}.`, { cause });
  }
  if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return schema;
  throw new AppError("DATA_UNAVAILABLE", `The schema ${path} is not a JSON object.`);
}
