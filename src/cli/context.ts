/** What every command gets: its settings, the terminal, the signal that stops it. */

import type { Command } from "commander";
import { type Config, loadConfig, type ResolvedConfig } from "../config.ts";
import { createLogger, type Logger } from "../logger.ts";
import { type Interrupt, listenForInterrupt } from "./interrupt.ts";
import { PLACEMENT_KEYS } from "./placement.ts";
import { createTerminal, type ProgressMode, type Terminal } from "./terminal.ts";

export interface CliContext {
  readonly config: Config;
  readonly resolved: ResolvedConfig;
  /** The result is one JSON document. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly terminal: Terminal;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** For a command in which Ctrl-C does not always mean the end. */
  readonly onCtrlC: Interrupt["onCtrlC"];
  /** A flag and not a setting: see config.ts. */
  readonly unsafeLib: string | undefined;
  /** False: a model that cannot fit is loaded all the same. */
  readonly memoryCheck: boolean;
}

/** Flags that exist on the program and on commands with a model; each is a setting of the same name. */
export type SharedOptions = Partial<
  Pick<Config, "model" | "store" | "threads" | "gpu" | "context" | "batch" | (typeof PLACEMENT_KEYS)[number]>
> &
  Partial<Pick<Config, "seed" | "logLevel" | "logFormat">> & {
    json?: true;
    quiet?: true;
    progress: ProgressMode;
    unsafeLib?: string;
    /** False with --no-memory-check. */
    memoryCheck?: boolean;
  };

/** Work of a command; a number is the exit status, nothing is 0. */
export type CommandWork<O> = (
  context: CliContext,
  options: O & SharedOptions,
  ...args: (string | undefined)[]
) => Promise<number | undefined>;

/** Tells the program's exit status. */
export type ReportStatus = (status: number) => void;

/**
 * Wraps a command's work as commander's action: settings are read first and the terminal is left clean.
 * @param stopping said at the first Ctrl-C, where it is not that what is finished is saved
 */
export function action<O>(report: ReportStatus, work: CommandWork<O>, stopping?: string) {
  return async (...params: unknown[]): Promise<void> => {
    const command = params.pop() as Command;
    params.pop(); // the command's own options, without the program's
    const options = command.optsWithGlobals<O & SharedOptions>();
    const resolved = loadConfig({ flags: flagsOf(options) });
    const quiet = options.quiet === true;
    const terminal = createTerminal(options.progress, quiet);
    const interrupt = listenForInterrupt(terminal.note, stopping);
    const { logLevel, logFormat } = resolved.values;
    const logger = createLogger({
      level: quiet ? "error" : logLevel,
      format: logFormat,
      write: terminal.note,
    });
    try {
      const status = await work(
        {
          config: resolved.values,
          resolved,
          json: options.json === true,
          quiet,
          terminal,
          logger,
          signal: interrupt.signal,
          onCtrlC: interrupt.onCtrlC,
          unsafeLib: options.unsafeLib,
          memoryCheck: options.memoryCheck !== false,
        },
        options,
        ...(params as (string | undefined)[]),
      );
      report(status ?? 0);
    } finally {
      interrupt.close();
      terminal.close();
    }
  };
}

function flagsOf(options: SharedOptions): Partial<{ [K in keyof Config]: Config[K] | undefined }> {
  const { model, store, threads, gpu, context, batch, seed, logLevel, logFormat } = options;
  const placement = Object.fromEntries(PLACEMENT_KEYS.map((key) => [key, options[key]]));
  return { model, store, threads, gpu, context, batch, seed, logLevel, logFormat, ...placement };
}
