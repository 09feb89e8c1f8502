/**
 * Bytes of tokens -> text that can be shown. A token may end inside a character, and a stop string may span
 * tokens; text is held back until neither is possible.
 */

export interface TextStream {
  /** Adds a token's bytes; returns the text that became certain, and whether a stop string was met. */
  push(bytes: Uint8Array): { text: string; stopped: boolean };
  /** What is still held back at the end; nothing after a stop string. */
  flush(): string;
  /** Everything returned so far. */
  readonly text: string;
}

/** Creates a stream that ends before the first of the stop strings. */
export function createTextStream(stop: readonly string[] = []): TextStream {
  const decoder = new TextDecoder();
  const stops = stop.filter((s) => s.length > 0);
  let emitted = "";
  let held = "";
  let ended = false;
  const emit = (text: string) => {
    emitted += text;
    return text;
  };
  return {
    push(bytes) {
      held += decoder.decode(bytes, { stream: true });
      const cut = Math.min(...stops.map((s) => held.indexOf(s)).filter((at) => at >= 0));
      if (Number.isFinite(cut)) {
        const text = held.slice(0, cut);
        held = "";
        ended = true;
        return { text: emit(text), stopped: true };
      }
      const keep = Math.max(0, ...stops.map((s) => overlap(held, s)));
      const text = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: emit(text), stopped: false };
    },
    flush() {
      const rest = ended ? "" : held + decoder.decode();
      held = "";
      return emit(rest);
    },
    get text() {
      return emitted;
    },
  };
}

/** Length of the longest end of `text` that is a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
