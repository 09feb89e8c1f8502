/**
 * llama.cpp reports causes only through its log. We keep the tail of it, so that a failed load can say why,
 * and hand lines to whoever listens. The callback also arrives from worker threads and must never throw.
 */

import type { Logger } from "../logger.ts";
import { visibleToken } from "../visible-token.ts";

export interface NativeLog {
  /** For llama_log_set. */
  readonly callback: (level: number, text: string | null) => void;
  /** Complete lines since `mark()`, newest last, at or above a ggml level (2 info, 3 warn, 4 error). */
  since(mark: number, level?: number): string[];
  /** A place in the log to read from later. */
  mark(): number;
  /** Tells every complete line as it is, of any level, until the returned function is called; for the few that need all. */
  listen(onLine: (line: string) => void): () => void;
}

const KEPT_LINES = 400;
const ERROR = 4;
const WARN = 3;
const CONTINUED = 5;

/** Creates the log's sink. */
export function createNativeLog(logger: Logger): NativeLog {
  let lines: { number: number; level: number; text: string }[] = [];
  let next = 0;
  let partial = "";
  let level = 0;
  const listeners = new Set<(line: string) => void>();
  return {
    callback(at, text) {
      if (text === null) return;
      if (at !== CONTINUED) level = at;
      partial += text;
      const parts = partial.split("\n");
      partial = parts.pop() ?? "";
      for (const part of parts) {
        if (part.trim() === "") continue;
        for (const tell of listeners) tell(part.trim());
        lines.push({ number: next++, level, text: part.trim() });
        if (level >= ERROR) logger.debug(`llama.cpp: ${visibleToken(part.trim())}`);
      }
      if (lines.length > 2 * KEPT_LINES) lines = lines.slice(-KEPT_LINES);
    },
    since: (mark, from = WARN) =>
      lines
        .filter((line) => line.number >= mark && line.level >= from)
        // Names from the file stand in them, and what we return ends in messages.
        .map((line) => visibleToken(line.text)),
    mark: () => next,
    listen(onLine) {
      listeners.add(onLine);
      return () => void listeners.delete(onLine);
    },
  };
}
