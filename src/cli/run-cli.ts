/** One call of the program: parse, run, and turn whatever happened into an exit status. */

import { basename } from "node:path";
import { CommanderError } from "commander";
import { AppError } from "../errors.ts";
import { createProgram } from "./program.ts";
import { showError } from "./show-error.ts";
import { watchOutput } from "./terminal.ts";

const EXAMPLES = `Finds the inputs your local model cannot handle. Three ways to begin:

  npx assay demo                              the main job on the bundled model, in a minute
  npx assay mine                              find the glitch tokens of the bundled model
  npx assay predict "The quick brown" --expect fox

All commands: npx assay --help`;

/**
 * Runs the command line and tells the exit status; nothing is thrown.
 * @param argv as in process.argv
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  watchOutput();
  const json = argv.slice(0, indexOr(argv, "--", argv.length)).includes("--json");
  // What is thrown outside of a command's promise is a bug too, and is shown as one.
  process.on("uncaughtException", (error) => process.exit(showError(error, json)));
  if (argv.length <= 2) {
    process.stdout.write(`${EXAMPLES}\n`);
    return 0;
  }
  let status = 0;
  const program = createProgram((reported) => {
    status = reported;
  });
  if (basename(argv[1] ?? "").startsWith("glitcher")) program.name("glitcher");
  try {
    await program.parseAsync(argv);
    return status;
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (isHelp) return 0;
    return showError(error instanceof CommanderError ? usageError(error) : error, json);
  }
}

/** Commander's "error: unknown option '--x'\n(Did you mean --y?)" as our own error. */
function usageError({ message }: CommanderError): AppError {
  const [first = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, "");
  return new AppError("USAGE", `${sentence}.`, {
    hint: suggestion?.replace(/^\(|\)$/g, "") ?? "`--help` after a command shows its arguments and flags.",
  });
}

function indexOr(list: readonly string[], item: string, otherwise: number): number {
  const index = list.indexOf(item);
  return index === -1 ? otherwise : index;
}
