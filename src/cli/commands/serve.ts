/** `assay serve`: models for OpenAI's clients, with the router and the guard. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { action, type ReportStatus } from "../context.ts";
import { addModelOptions, collect, wholeNumber } from "../options.ts";
import type { ServeOptions } from "../serve/serve-options.ts";

/** The modes of prompt-guard.ts; named here too, so that --help reads no other room. */
const GUARD_MODES = ["off", "flag", "rewrite", "route", "refuse"] as const;

export function addServe(program: Command, report: ReportStatus): void {
  const serve = program
    .command("serve")
    .description("Serve models to OpenAI's clients: chat, completions, responses, with router and guard")
    .argument("[model...]", "MODELs, each under its name; without one those of the configuration")
    .option("--port <n>", "port to listen on, 0: any that is free", wholeNumber(0, 65_535), 8_080)
    .option("--host <address>", "address to listen on; any but this machine's own wants a key", "127.0.0.1")
    .option("--api-key-file <file>", "keys that requests must have, one a line; ASSAY_API_KEY holds one too")
    .option("--cors <origin>", "a page that may ask, as http://localhost:3000; again for more", collect)
    .addOption(
      new Option("--guard <mode>", "what is done about known glitch tokens in prompts")
        .choices(GUARD_MODES)
        .default("rewrite"),
    )
    .optionsGroup("Models:")
    .option("--small <model>", "MODEL that the router asks first")
    .option("--large <model>", "MODEL that the router asks when the small one would not do")
    .option("--policy <name>", "how the router chooses: a built-in policy or a file", "balanced")
    .option("--alias <name=id>", "another name of a model; again for more", collect)
    .option("--preload", "load all models at the start and keep them")
    .option(
      "--memory <size>",
      "what all models may take together, as 24GiB; auto: what is free",
      size("auto"),
    )
    .option("--idle <seconds>", "unload a model that nobody used for so long, 0: never", wholeNumber(0))
    .optionsGroup("Load:")
    .option(
      "--parallel <n>",
      "requests of full context that a model's cache has room for",
      wholeNumber(1, 256),
      4,
    )
    .option(
      "--queue <n>",
      "requests that wait for one model; more are told to come back",
      wholeNumber(1, 65_536),
      256,
    )
    .option("--max-body <bytes>", "largest request", wholeNumber(1_024, 2 ** 30), 4 * 2 ** 20)
    .option(
      "--sessions <size>",
      "disk that kept conversations may take, as 4GiB; 0: none are kept",
      size("0"),
      "4GiB",
    )
    .option(
      "--grace <seconds>",
      "time that answers have to end when the server is told to",
      wholeNumber(0, 86_400),
      30,
    );
  addModelOptions(serve).action(
    action<ServeOptions>(
      report,
      async (context, options, ...models) => {
        const { runServe } = await import("../serve/run.ts");
        return runServe(context, options, models.flat() as string[]);
      },
      "Shutting down: answers under way may end. Press Ctrl-C again to end at once.",
    ),
  );
}

/** Reader of a size as settings have it: 24GiB, 500MB. */
function size(word: string) {
  return (text: string): string => {
    if (text === word || /^\d+(\.\d+)?\s?[KMGT](i?B)?$/i.test(text)) return text;
    throw new InvalidArgumentError(`Expected ${word} or a size such as 24GiB.`);
  };
}
