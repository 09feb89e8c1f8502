/** `assay bench route`: both models' answers, once; then every way to route on them. */

import { readFileSync } from "node:fs";
import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import {
  type AnsweredItems,
  type AnsweringModel,
  answerItems,
  compareRoutes,
  createStages,
  makeRoutingItems,
  parseRoutingAnswers,
  type RoutingAnswers,
  type RoutingItem,
} from "../../measure/index.ts";
import {
  renderRoutingBenchHtml,
  routingBenchDocument,
  routingBenchNotes,
  routingBenchTables,
  routingFindings,
} from "../../report/index.ts";
import { findPolicy } from "../../route/index.ts";
import { commandLine } from "../command-line.ts";
import type { RouteBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { withModel } from "../with-model.ts";
import { checkWritable, writeOutput } from "../write-output.ts";
import { BENCH_VERSIONS, benchMachine } from "./machine.ts";

/** Characters of a cell: what an order is takes a sentence. */
const WIDEST = 120;

export async function runRouteBench(
  context: CliContext,
  options: RouteBenchOptions & SharedOptions,
): Promise<undefined> {
  const { json, terminal, config } = context;
  const { report, save } = options;
  checkOptions(options);
  checkWritable(report, save);
  const policy = findPolicy(options.policy);
  const answers =
    options.answers === undefined ? await askBoth(context, options) : readAnswers(options.answers);
  if (save !== undefined) writeOutput(save, `${JSON.stringify(answers)}\n`);
  const bench = compareRoutes(answers, policy, config.seed);
  const machine = benchMachine();
  if (report !== undefined)
    writeOutput(
      report,
      renderRoutingBenchHtml(bench, { command: commandLine(), versions: BENCH_VERSIONS, machine }),
    );
  if (json) terminal.print(JSON.stringify(routingBenchDocument(bench, machine, answers)));
  else
    terminal.print(
      [
        routingFindings(bench).join("\n"),
        ...routingBenchTables(bench).map(
          ({ title, table }) =>
            `${title}:\n\n${formatTable(
              table.columns.map((column) => ({ ...column, most: WIDEST })),
              table.rows,
            )}`,
        ),
        routingBenchNotes(bench).join("\n"),
      ].join("\n\n"),
    );
  for (const file of [save, report]) if (file !== undefined) terminal.note(`Written: ${file}`);
  return undefined;
}

function checkOptions({ model, answers, save }: RouteBenchOptions & SharedOptions): void {
  if (model !== undefined)
    throw new AppError("USAGE", "--model names one model, and two are compared.", {
      hint: "Name them with --small and --large.",
    });
  if (answers !== undefined && save !== undefined)
    throw new AppError("USAGE", "--save keeps new answers; --answers takes old ones. Give one of them.");
}

/** One model after the other, so that the memory of one is enough for either. */
async function askBoth(
  context: CliContext,
  options: RouteBenchOptions & SharedOptions,
): Promise<RoutingAnswers> {
  const { seed } = context.config;
  const items = makeRoutingItems(options.items, seed);
  const small = await ask(context, options, "small", items);
  const large = await ask(context, options, "large", items);
  if (small.model.fingerprint === large.model.fingerprint)
    throw new AppError("USAGE", "--small and --large are the same model.", {
      hint: "Between two copies there is nothing to route.",
    });
  return {
    ...{ schema: 1, kind: "routing-answers", seed, small: small.model, large: large.model },
    items: items.map(({ id, task, features }, index) => ({
      ...{ id, task: task.id, features },
      small: small.answers[index]!,
      large: large.answers[index]!,
    })),
  };
}

async function ask(
  context: CliContext,
  options: RouteBenchOptions & SharedOptions,
  tier: "small" | "large",
  items: readonly RoutingItem[],
): Promise<{ model: AnsweringModel; answers: AnsweredItems["answers"] }> {
  const { signal, terminal } = context;
  return withModel(
    context,
    { argument: options[tier], options: {}, bulk: true },
    async (model: LanguageModel) => {
      const stages = createStages(terminal.onEvent);
      const { answers, seconds } = await stages.run(`${tier} model`, items.length, "items", (onItem) =>
        answerItems(model, items, { signal, onItem }),
      );
      const { name, fingerprint, quantisation, context: tokens } = model.info;
      return { model: { name, fingerprint, quantisation, context: tokens, seconds }, answers };
    },
  );
}

function readAnswers(file: string): RoutingAnswers {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The answers ${file} cannot be read: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  return parseRoutingAnswers(value, file);
}
