/** `assay demo`: the main job on the bundled model, told in steps, each with the figures of this machine. */

import { resolve } from "node:path";
import { styleText } from "node:util";
import type { Command } from "commander";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { VERSION } from "../version.ts";

export function addDemo(program: Command, report: ReportStatus): void {
  program
    .command("demo")
    .description("The main job on the bundled model: machine, one token, the guard, census, report")
    .action(action(report, runDemo));
}

const MODEL = "lab-moe";

async function runDemo(context: CliContext, options: SharedOptions): Promise<undefined> {
  const { terminal, json, signal, config, unsafeLib } = context;
  const [
    { describeMachine, lookAtMachine },
    { describeOneToken, showOneToken },
    { describeGuarded, showGuarded },
    { describeCensus, takeCensus },
  ] = await Promise.all([
    import("../demo/machine.ts"),
    import("../demo/one-token.ts"),
    import("../demo/guarded.ts"),
    import("../demo/census.ts"),
  ]);
  const [
    { classifyVocabulary, readIndicators },
    { loadLibrary },
    { renderMineHtml },
    { withModel },
    { writeOutput },
  ] = await Promise.all([
    import("../../glitch/index.ts"),
    import("../../llama/index.ts"),
    import("../../report/index.ts"),
    import("../with-model.ts"),
    import("../write-output.ts"),
  ]);
  const started = performance.now();
  let number = 0;
  const step = (title: string) => {
    if (json) return;
    terminal.print(
      `${number === 0 ? "" : "\n"}${styleText("bold", `${++number}. ${title}`, { stream: process.stdout })}`,
    );
  };
  const tell = (lines: readonly string[]) => {
    if (!json) for (const line of lines) terminal.print(`   ${line}`);
  };

  step("This machine");
  const machine = lookAtMachine();
  tell(describeMachine(machine));

  await withModel(context, { argument: MODEL, options, bulk: true }, async (model, gguf) => {
    step("One token, live");
    const library = loadLibrary({ gpu: config.gpu, unsafeLib });
    const { knownUnused } = await classifyVocabulary(model, signal);
    const indicators = await readIndicators(library, gguf, {
      unused: knownUnused,
      seed: config.seed,
      sketch: false,
      signal,
    });
    const oneToken = await showOneToken(model, indicators, signal);
    tell(describeOneToken(oneToken));

    step("The same text, guarded");
    const guarded = await showGuarded(model, gguf, oneToken, signal);
    tell(describeGuarded(guarded));

    step(`Every token of ${model.info.name}`);
    const census = await takeCensus(context, model, indicators);
    tell(describeCensus(census));

    step("What you have now");
    const report = resolve(`assay-report-${census.result.run}.html`);
    const versions = { assay: VERSION, "llama.cpp": library.version, node: process.versions.node };
    writeOutput(
      report,
      renderMineHtml(census.result, { command: `npx assay mine ${MODEL}`, versions, truth: census.truth }),
    );
    const next = [
      "npx assay mine MODEL --budget 5%             your own GGUF file, within a budget",
      "npx assay guard scan lab-moe FILE            known glitch tokens in a text of yours",
      'npx assay predict "The quick brown" --expect fox',
      `npx assay runs show ${census.result.run}`,
    ];
    const seconds = (performance.now() - started) / 1000;
    tell([
      `Report: ${report}`,
      `The whole story took ${seconds.toFixed(1)} s. Next:`,
      ...next.map((line) => `  ${line}`),
    ]);
    if (json) {
      const { tokens: _tokens, ...result } = census.result;
      terminal.print(
        JSON.stringify({
          schema: 1,
          kind: "demo",
          machine,
          oneToken: oneToken ?? null,
          guarded: guarded ?? null,
          census: { ...result, truth: census.truth },
          report,
          seconds,
          next,
        }),
      );
    }
  });
  return undefined;
}
