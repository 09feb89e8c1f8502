/** Many prompts from a JSONL file: answers in the file's order, a failing line is a row with its error. */

import { z } from "zod";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import { mapInOrder } from "../map-in-order.ts";
import { generateSamples, type RequestSettings, readText, type Sample } from "./generation.ts";
import { encodePrompt, type PromptText } from "./prompt.ts";

const line = z.union([
  z.string().transform((prompt) => ({ prompt, id: undefined, system: undefined })),
  z.strictObject({
    prompt: z.string(),
    id: z.union([z.string(), z.number()]).optional(),
    system: z.string().optional(),
  }),
]);

export interface BatchRow {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly id?: string | number;
  readonly samples?: readonly Sample[];
  readonly error?: { code: string; message: string };
}

/** Lines at work at a time: enough to fill the engine's batches, few enough to stay in order cheaply. */
const AT_A_TIME = 16;

/** Lines of the file that are not empty, with their numbers. */
export function readLines(path: string): { line: number; text: string }[] {
  const lines = readText(path)
    .split(/\r?\n/)
    .map((text, index) => ({ line: index + 1, text }))
    .filter(({ text }) => text.trim() !== "");
  if (lines.length > 0) return lines;
  throw new AppError("DATA_UNAVAILABLE", `The file ${path} has no prompts.`, {
    hint: 'Write one JSON value a line: "text", or {"prompt": "text", "id": 1, "system": "text"}.',
  });
}

/** Answers the lines; a line that fails does not stop the others, an abort does. */
export function answerLines(
  model: LanguageModel,
  lines: readonly { line: number; text: string }[],
  settings: RequestSettings,
  { raw, template, system, signal }: Omit<PromptText, "prompt"> & { signal: AbortSignal },
): AsyncGenerator<BatchRow> {
  return mapInOrder(lines, AT_A_TIME, async ({ line, text }): Promise<BatchRow> => {
    let id: string | number | undefined;
    try {
      signal.throwIfAborted();
      const item = parseLine(text);
      id = item.id;
      const { prompt } = item;
      const { ids } = await encodePrompt(model, { prompt, raw, template, system: item.system ?? system });
      const samples = await generateSamples(model, { ...settings, prompt: ids, signal });
      signal.throwIfAborted();
      return { line, ...(id !== undefined && { id }), samples };
    } catch (error) {
      if (!isAppError(error) || error.code === "CANCELLED") throw error;
      return { line, ...(id !== undefined && { id }), error: { code: error.code, message: error.message } };
    }
  });
}

function parseLine(text: string): z.infer<typeof line> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `Not JSON: ${(cause as Error).message}.`, { cause });
  }
  const parsed = line.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "DATA_UNAVAILABLE",
    "Neither a text nor an object with a prompt, an id and a system text.",
  );
}
