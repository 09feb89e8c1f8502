/**
 * All commands and their flags. Command files import what they need when they run, so that reading this
 * table (for --help, --version and the docs) loads no native code.
 */

import { Command } from "commander";
import { addAsk } from "./commands/ask.ts";
import { addAutogen } from "./commands/autogen.ts";
import { addBench } from "./commands/bench.ts";
import { addChat } from "./commands/chat.ts";
import { addConfig } from "./commands/config.ts";
import { addConformance } from "./commands/conformance.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addGuard } from "./commands/guard.ts";
import { addIntegration } from "./commands/integration.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addMine } from "./commands/mine.ts";
import { addModels } from "./commands/models.ts";
import { addPredict } from "./commands/predict.ts";
import { addProfile } from "./commands/profile.ts";
import { addRoute } from "./commands/route.ts";
import { addRuns } from "./commands/runs.ts";
import { addServe } from "./commands/serve.ts";
import { addToken } from "./commands/token.ts";
import { addValidate } from "./commands/validate.ts";
import type { ReportStatus } from "./context.ts";
import { addProgramOptions } from "./options.ts";
import { VERSION } from "./version.ts";

export type AddCommand = (program: Command, report: ReportStatus) => void;

const GROUPS: Readonly<Record<string, readonly AddCommand[]>> = {
  "Begin here:": [addDemo, addDoctor],
  "Glitch tokens:": [addMine, addGuard, addToken, addBench],
  "Models:": [
    addModels,
    addServe,
    addMigrate,
    addChat,
    addAsk,
    addPredict,
    addProfile,
    addIntegration,
    addValidate,
    addRoute,
    addAutogen,
    addConformance,
  ],
  "Runs and settings:": [addRuns, addConfig],
};

/** The whole command line. `report` is told the exit status of a command that ended without an error. */
export function createProgram(report: ReportStatus): Command {
  const program = new Command("assay")
    // Subcommands inherit these, so they come before any is added. Errors are shown in one place, run-cli.ts.
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .description("Finds the inputs your local model cannot handle.")
    .version(VERSION, "-v, --version");
  addProgramOptions(program);
  for (const [title, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(title);
    for (const add of commands) add(program, report);
  }
  program.addHelpText(
    "after",
    "\nMODEL is a GGUF file, a Hugging Face folder or a name; without one it is the configured default.\nExit status: 0 done, 1 failed, 2 usage or configuration, 3 model or environment, 4 findings over --fail-on,\n70 bug, 130 interrupted and resumable.",
  );
  return program;
}
