/** `assay ask`: one prompt, or a file of them, through the model. */

import type { Command } from "commander";
import { AppError } from "../../errors.ts";
import {
  addGenerationOptions,
  type GenerationOptions,
  generateSamples,
  type RequestSettings,
  requestSettings,
  type Sample,
} from "../ask/generation.ts";
import { checkTemplate, encodePrompt, isChat } from "../ask/prompt.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { addModelOptions } from "../options.ts";
import { readStdin } from "../read-stdin.ts";
import { withModel } from "../with-model.ts";

type AskOptions = GenerationOptions & { file?: string; raw?: true; template?: string; system?: string };

export function addAsk(program: Command, report: ReportStatus): void {
  const ask = program
    .command("ask")
    .usage("[options] [MODEL] PROMPT")
    .description("Answer a prompt, or each line of a JSONL file, in its order")
    .argument("[model]", "MODEL, when a prompt follows")
    .argument("[prompt]", "the prompt; - reads it from stdin")
    .option("--file <jsonl>", 'one "text" or {"prompt", "id", "system"} a line')
    .option("--raw", "give the text as it is, without the chat template")
    .option("--template <name>", "this built-in chat template in place of the model's own")
    .option("--system <text>", "system text");
  addModelOptions(addGenerationOptions(ask)).action(action(report, runAsk));
}

async function runAsk(
  context: CliContext,
  options: AskOptions & SharedOptions,
  first?: string,
  second?: string,
): Promise<number | undefined> {
  if (options.raw && options.template !== undefined) {
    throw new AppError("USAGE", "--raw and --template exclude each other.");
  }
  await checkTemplate(options.template);
  const settings = requestSettings(options, context.config.seed);
  if (options.file !== undefined) {
    if (second !== undefined) throw new AppError("USAGE", "Give a prompt or --file, not both.");
    return askFile(context, options, settings, options.file, first);
  }
  const [argument, given] = second === undefined ? [undefined, first] : [first, second];
  if (given === undefined) {
    throw new AppError("USAGE", "No prompt is given.", {
      hint: 'For example: npx assay ask "The quick brown", or --file prompts.jsonl.',
    });
  }
  const prompt = given === "-" ? await readStdin() : given;
  await withModel(context, { argument, options }, async (model) => {
    const { json, terminal, signal } = context;
    const { system, raw, template } = options;
    const text = { prompt, system, raw, template };
    if (!(await isChat(model, text)) && raw !== true) {
      context.logger.warn("The model has no chat template; the text is given as it is.");
    }
    const { ids, rewrites } = await encodePrompt(model, text);
    for (const rewrite of rewrites) context.logger.info(rewrite);
    const request = { ...settings, prompt: ids, signal };
    const streams = !json && options.n === 1;
    const samples = await generateSamples(model, request, streams ? terminal.write : undefined);
    if (streams) terminal.print("");
    else if (!json) terminal.print(samples.map(numbered).join("\n\n"));
    signal.throwIfAborted();
    if (json) {
      const { name, path, fingerprint, quantisation } = model.info;
      const head = { schema: 1, kind: "ask", model: { name, path, fingerprint, quantisation } };
      terminal.print(JSON.stringify({ ...head, seed: context.config.seed, samples }));
    }
  });
  return undefined;
}

function numbered({ text }: Sample, index: number): string {
  return `[${index + 1}] ${text}`;
}

async function askFile(
  context: CliContext,
  options: AskOptions & SharedOptions,
  settings: RequestSettings,
  file: string,
  argument: string | undefined,
): Promise<number> {
  const { answerLines, readLines } = await import("../ask/ask-batch.ts");
  const lines = readLines(file);
  return withModel(context, { argument, options }, async (model) => {
    const { json, terminal, signal } = context;
    const started = performance.now();
    const rows: object[] = [];
    let failed = 0;
    let done = 0;
    terminal.onEvent({ type: "stage-start", stage: "ask", total: lines.length, unit: "prompts", done });
    for await (const row of answerLines(model, lines, settings, { ...options, signal })) {
      if (row.error !== undefined) failed++;
      if (json) rows.push(row);
      else terminal.print(JSON.stringify(row));
      terminal.onEvent({ type: "stage-progress", stage: "ask", done: ++done, total: lines.length });
    }
    const seconds = (performance.now() - started) / 1_000;
    const note = failed > 0 ? `${failed} failed` : undefined;
    terminal.onEvent({ type: "stage-end", stage: "ask", done, seconds, ...(note && { note }) });
    const status = failed > 0 ? "partial" : "done";
    if (json) terminal.print(JSON.stringify({ schema: 1, kind: "ask", status, seed: settings.seed, rows }));
    return failed > 0 ? 1 : 0;
  });
}
