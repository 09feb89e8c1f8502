/** `assay predict`: what comes next, for the raw text and for the text as a chat. */

import type { Command } from "commander";
import { AppError } from "../../errors.ts";
import { formatFigure } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { type Prediction, predict } from "../ask/predictions.ts";
import { checkTemplate, encodePrompt, isChat } from "../ask/prompt.ts";
import { topTable } from "../ask/top-table.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { addModelOptions } from "../options.ts";
import { formatTable } from "../table.ts";
import { withModel } from "../with-model.ts";

interface PredictOptions {
  expect?: string;
  template?: string;
}

export function addPredict(program: Command, report: ReportStatus): void {
  const command = program
    .command("predict")
    .usage("[options] [MODEL] TEXT")
    .description("The most probable next tokens, and how probable an expected text is")
    .argument("[model]", "MODEL, when a text follows")
    .argument("[text]", "the text to go on from")
    .option("--expect <text>", "what should come, such as fox")
    .option("--template <name>", "this built-in chat template in place of the model's own");
  addModelOptions(command).action(action(report, runPredict));
}

async function runPredict(
  context: CliContext,
  options: PredictOptions & SharedOptions,
  first?: string,
  second?: string,
): Promise<undefined> {
  const [argument, prompt] = second === undefined ? [undefined, first] : [first, second];
  if (prompt === undefined || prompt === "") {
    throw new AppError("USAGE", "No text is given.", {
      hint: 'For example: npx assay predict "The quick brown" --expect fox',
    });
  }
  await checkTemplate(options.template);
  await withModel(context, { argument, options }, async (model) => {
    const { json, terminal, signal, logger } = context;
    const forms: Prediction[] = [];
    for (const raw of [true, false]) {
      const text = { prompt, raw, template: options.template };
      if (!raw && !(await isChat(model, text))) break;
      const { ids } = await encodePrompt(model, text);
      forms.push(await predict(model, raw ? "raw" : "chat", ids, options.expect, signal));
    }
    if (forms.length > 1) {
      logger.warn("The model was tuned for chats; on raw text its predictions are noisy.");
    }
    if (json) {
      const { name, fingerprint } = model.info;
      const head = { schema: 1, kind: "predict", model: { name, fingerprint }, text: prompt };
      return terminal.print(JSON.stringify({ ...head, expect: options.expect ?? null, forms }));
    }
    terminal.print(topTable(forms));
    if (options.expect !== undefined) terminal.print(`\n${expectTable(forms)}`);
  });
  return undefined;
}

function expectTable(forms: readonly Prediction[]): string {
  const columns = [
    { title: "expected" },
    { title: "after" },
    { title: "first token" },
    { title: "rank", align: "right" },
    { title: "p(first)", align: "right" },
    { title: "p(whole)", align: "right" },
  ] as const;
  const rows = forms.flatMap(({ form, expected }) =>
    expected.map(({ text, first, p }) => [
      visibleToken(text),
      form,
      first.text,
      String(first.rank),
      formatFigure(first.p),
      formatFigure(p),
    ]),
  );
  return formatTable(columns, rows);
}
