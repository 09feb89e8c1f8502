/** `assay bench …`: measurements that compare, each with its spread and its baseline. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../context.ts";
import { addModelOptions, wholeNumber } from "../options.ts";

export function addBench(program: Command, report: ReportStatus): void {
  const bench = program
    .command("bench")
    .description("Compare your models and methods on them, with spread and baselines");
  addMining(bench, report);
  addRecall(bench, report);
  addModels(bench, report);
  addRouting(bench, report);
  addServing(bench, report);
}

/** Flags of `bench mining`, beside the shared ones. */
export interface MiningBenchOptions {
  methods?: string;
  budgets: string;
  seeds: number;
  census?: string;
  truth?: string;
  report?: string;
  markdown?: true;
}

function addMining(bench: Command, report: ReportStatus): void {
  const command = bench
    .command("mining")
    .description("Methods of mining side by side at equal budgets, replayed over a full census of each model")
    .argument("[models...]", "MODEL; of several the differences are paired")
    .option("--methods <ids>", "order methods, separated by commas; the first is held against the others")
    .option("--budgets <list>", "shares of the candidates or numbers of probes", "1%,2%,5%,10%")
    .option("--seeds <n>", "so many seeds, beginning with --seed", wholeNumber(1, 100), 5)
    .option("--census <run>", "stored mine of every token; without it the newest, or one is taken now")
    .optionsGroup("Results:")
    .option(
      "--truth <file>",
      "score against what is known; X.truth.json or truth.json beside the model is found",
    )
    .option("--report <file>", "write an HTML report with recall curves that works offline")
    .option("--markdown", "print the tables as Markdown");
  addModelOptions(command).action(
    action<MiningBenchOptions>(report, async (context, options, ...models) => {
      const { runMiningBench } = await import("../bench/mining.ts");
      return runMiningBench(context, options, models.flat() as string[]);
    }),
  );
}

/** Flags of `bench recall`, beside the shared ones. */
export interface RecallBenchOptions {
  method: string;
  trials: number;
}

function addRecall(bench: Command, report: ReportStatus): void {
  const command = bench
    .command("recall")
    .description("Whether the estimated number of glitch tokens holds: random budgets replayed over a census")
    .argument("[models...]", "MODEL")
    .option("--method <id>", "order in which tokens are tested", "census")
    .option("--trials <n>", "budgets and audits, each drawn at random", wholeNumber(20, 100_000), 500);
  addModelOptions(command).action(
    action<RecallBenchOptions>(report, async (context, options, ...models) => {
      const { runRecallBench } = await import("../bench/recall.ts");
      return runRecallBench(context, options, models.flat() as string[]);
    }),
  );
}

/** Flags of `bench models`, beside the shared ones. */
export interface ModelBenchOptions {
  parallel: string;
  repeat: number;
  items: number;
  soak?: string;
  promptTokens: number;
  newTokens: number;
  report?: string;
  markdown?: true;
}

function addModels(bench: Command, report: ReportStatus): void {
  const command = bench
    .command("models")
    .description("Load time, speed, memory and quality of models side by side, each in a process of its own")
    .argument("[models...]", "MODEL; several take turns")
    .option("--parallel <list>", "requests at a time, separated by commas", "1,4,8")
    .option("--repeat <n>", "turns of each model; with fewer than 3 no ratio is told", wholeNumber(1, 100), 3)
    .option("--prompt-tokens <n>", "tokens of each prompt", wholeNumber(2, 32_768), 256)
    .option("--new-tokens <n>", "tokens of each answer", wholeNumber(2, 32_768), 64)
    .option("--items <n>", "items of each quality task, 0 leaves quality out", wholeNumber(0, 10_000), 16)
    .option("--soak <time>", "a long run for the slope of memory, such as 60s or 10m")
    .optionsGroup("Results:")
    .option("--report <file>", "write an HTML report with plots that works offline")
    .option("--markdown", "print the tables as Markdown");
  addModelOptions(command).action(
    action<ModelBenchOptions>(report, async (context, options, ...models) => {
      const { runModelBench } = await import("../bench/models.ts");
      return runModelBench(context, options, models.flat() as string[]);
    }),
  );
}

/** Flags of `bench route`, beside the shared ones. */
export interface RouteBenchOptions {
  small: string;
  large: string;
  policy: string;
  items: number;
  save?: string;
  answers?: string;
  report?: string;
}

function addRouting(bench: Command, report: ReportStatus): void {
  const command = bench
    .command("route")
    .description("Ways to route between two models on questions with known answers: quality, cost, intervals")
    .option("--small <model>", "MODEL that answers what is easy", "lab-dense")
    .option("--large <model>", "MODEL that answers what is hard", "lab-moe")
    .option("--policy <policy>", "a policy's name, or its file", "balanced")
    .option("--items <n>", "items of each task", wholeNumber(2, 10_000), 40)
    .option("--save <file>", "keep both models' answers in this file")
    .option("--answers <file>", "compare on the answers of such a file; no model is opened")
    .optionsGroup("Results:")
    .option("--report <file>", "write an HTML report with the curves that works offline");
  addModelOptions(command).action(
    action<RouteBenchOptions>(report, async (context, options) => {
      const { runRouteBench } = await import("../bench/route.ts");
      return runRouteBench(context, options);
    }),
  );
}

/** Flags of `bench serve`, beside the shared ones. */
export interface ServeBenchOptions {
  clients: number;
  requests: number;
  promptTokens: number;
  tokens: number;
  sharedPrefix: number;
  rounds: number;
  peer?: string;
  report?: string;
}

function addServing(bench: Command, report: ReportStatus): void {
  const command = bench
    .command("serve")
    .description(
      "The server under load, against llama.cpp's own batched decode and another server; without --model on 140M random weights",
    )
    .option("--clients <n>", "clients that ask at a time", wholeNumber(1, 256), 8)
    .option(
      "--requests <n>",
      "requests of each client in a turn, one after the other",
      wholeNumber(1, 10_000),
      2,
    )
    .option("--prompt-tokens <n>", "tokens of each prompt", wholeNumber(2, 32_768), 256)
    .option("--tokens <n>", "tokens of each answer", wholeNumber(1, 32_768), 64)
    .option("--rounds <n>", "turns of everybody; with fewer than 3 no ratio is told", wholeNumber(1, 100), 3)
    .option(
      "--shared-prefix <n>",
      "tokens that prompts have in common where sharing is measured, 0 leaves that out",
      wholeNumber(0, 32_768),
      1_000,
    )
    .option("--peer <url>", "a llama-server with the same model file, measured in the same turns")
    .optionsGroup("Results:")
    .option("--report <file>", "write an HTML report that works offline");
  addModelOptions(command).action(
    action<ServeBenchOptions>(report, async (context, options) => {
      const { runServeBench } = await import("../bench/serve.ts");
      return runServeBench(context, options);
    }),
  );
}
