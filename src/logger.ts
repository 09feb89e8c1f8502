/** Logging: results go to stdout, everything here goes to stderr. Silent unless a writer is given. */

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Logger {
  debug(message: string, context?: object): void;
  info(message: string, context?: object): void;
  warn(message: string, context?: object): void;
  error(message: string, context?: object): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface LoggerOptions {
  level: LogLevel;
  format: "text" | "json";
  /** Receives whole lines without the newline; the progress bar hands its own so that lines never tear it. */
  write: (line: string) => void;
}

/** Creates a logger that writes lines at or above a level. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (name: Exclude<LogLevel, "silent">) => (message: string, context?: object) => {
    if (LOG_LEVELS.indexOf(name) < threshold) return;
    const line =
      format === "json"
        ? JSON.stringify({ time: new Date().toISOString(), level: name, message, ...context })
        : `${name === "info" ? "" : `${name}: `}${message}${context ? ` ${JSON.stringify(context)}` : ""}`;
    write(line);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
