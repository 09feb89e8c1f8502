/** Lines of a chat as they come, from a pipe or a line editor (line-editor.ts). */

import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { AppError } from "../../errors.ts";

export interface LineSource {
  /** The next line without its end; undefined when there is none. `isMore`: it goes on with a text. */
  next(isMore: boolean): Promise<string | undefined>;
  /** Ends the input; who waits gets undefined. */
  close(): void;
}

/** A line beyond this is no turn: it would be held whole before the context could refuse it. */
const MOST_CHARACTERS = 4 * 2 ** 20;

/**
 * Lines of a stream that is no terminal. They are read as they are asked for, so that whoever writes a long file into
 * the pipe waits.
 */
export function pipedLines(stream: Readable): LineSource {
  const lines = splitLines(stream);
  let stop: (end: undefined) => void = () => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = resolve;
  });
  return {
    next: () => Promise.race([lines.next().then(({ value }) => value ?? undefined), stopped]),
    close() {
      stop(undefined);
      // An open pipe would keep the process alive.
      stream.destroy();
    },
  };
}

async function* splitLines(stream: Readable): AsyncGenerator<string, undefined> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const parts = (rest + decoder.write(chunk)).split("\n");
      rest = parts.pop()!;
      for (const line of parts) yield withoutReturn(line);
      if (rest.length > MOST_CHARACTERS)
        throw new AppError("USAGE", "A line of more than 4 MiB came in on stdin; a turn is one line.");
    }
  } catch (error) {
    // close() ends the stream in the middle.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
  rest += decoder.end();
  if (rest !== "") yield withoutReturn(rest);
  return undefined;
}

const withoutReturn = (line: string) => (line.endsWith("\r") ? line.slice(0, -1) : line);

const FENCE = '"""';

/**
 * The next text of the user: a line, or the lines between two that are """ alone. Empty ones are passed over.
 * @returns undefined at the end of the input
 */
export async function readTurn(source: LineSource): Promise<{ text: string; isLines: boolean } | undefined> {
  for (;;) {
    const line = await source.next(false);
    if (line === undefined) return undefined;
    if (line.trim() === "") continue;
    if (line.trim() !== FENCE) return { text: line, isLines: line.includes("\n") };
    const lines: string[] = [];
    for (;;) {
      const more = await source.next(true);
      if (more === undefined || more.trim() === FENCE) break;
      lines.push(more);
    }
    const text = lines.join("\n");
    if (text.trim() !== "") return { text, isLines: true };
  }
}
