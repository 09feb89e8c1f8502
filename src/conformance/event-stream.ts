/**
 * Server-sent events, read from the raw text: what a client's library would hide is to be seen here.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

import { parseJson } from "./json-value.ts";

export interface StreamEvent {
  /** Of the `event:` field. */
  readonly name: string | undefined;
  /** Lines of `data:`, joined. */
  readonly data: string;
  /** Undefined where the data is no JSON. */
  readonly json: unknown;
}

export interface EventStream {
  readonly events: readonly StreamEvent[];
  /** Lines that are no field of the protocol. */
  readonly strangers: readonly string[];
  /** Whether the last event was followed by the empty line that ends it. */
  readonly complete: boolean;
}

const FIELD = /^(data|event|id|retry)(?:: ?(.*))?$/s;

/** Reads a whole stream; it never fails, whatever the text. */
export function readEventStream(text: string): EventStream {
  const events: StreamEvent[] = [];
  const strangers: string[] = [];
  let data: string[] = [];
  let name: string | undefined;
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) events.push(eventOf(name, data.join("\n")));
      data = [];
      name = undefined;
    } else if (!line.startsWith(":")) {
      const field = FIELD.exec(line);
      if (field === null) strangers.push(line);
      else if (field[1] === "data") data.push(field[2] ?? "");
      else if (field[1] === "event") name = field[2] ?? "";
    }
  }
  const complete = data.length === 0 && lines.at(-1) === "";
  // What a cut-off stream began with is worth seeing, though a client would drop it.
  if (data.length > 0) events.push(eventOf(name, data.join("\n")));
  return { events, strangers, complete };
}

function eventOf(name: string | undefined, data: string): StreamEvent {
  return { name, data, json: data === "[DONE]" ? undefined : parseJson(data) };
}
