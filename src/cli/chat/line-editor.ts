/**
 * Lines that a user types at a terminal, with node:readline: history (of this chat, in memory alone), editing, and a
 * paste of several lines as one text.
 */

import { createInterface, type Key } from "node:readline";
import { Writable } from "node:stream";
import type { LineSource } from "./line-source.ts";

export interface LineEditorOptions {
  readonly input: NodeJS.ReadStream;
  /** Where the prompt and what is typed are shown. */
  readonly output: NodeJS.WriteStream;
  readonly prompt: string;
  /** For the further lines of a text. */
  readonly morePrompt: string;
  /** The terminal is in raw mode: Ctrl-C comes as a key and not as a signal. */
  onCtrlC(): void;
}

/** Terminals mark what is pasted, when asked to: xterm's "bracketed paste". */
const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";

/** Opens the editor. What is typed while nobody waits for a line is kept, and shown with the next prompt. */
export function openLineEditor(options: LineEditorOptions): LineSource {
  const { input, output } = options;
  let isShown = false;
  const screen = new Writable({
    write(chunk, _encoding, done) {
      if (isShown) output.write(chunk);
      done();
    },
  });
  // readline asks its output for the width, to edit lines that are longer.
  Object.defineProperty(screen, "columns", { get: () => output.columns });
  const onResize = () => screen.emit("resize");
  output.on("resize", onResize);

  const editor = createInterface({ input, output: screen, terminal: true, historySize: 1_000 });
  const lines: string[] = [];
  /** Lines of a paste that is coming in, and of one whose last line is still being edited. */
  let pasted: string[] | undefined;
  const before: string[] = [];
  let isOpen = true;
  let isClosed = false;
  let waiting: ((line: string | undefined) => void) | undefined;

  const give = () => {
    if (waiting === undefined || (lines.length === 0 && isOpen)) return;
    const take = waiting;
    waiting = undefined;
    isShown = false;
    take(lines.shift());
  };
  const onKey = (_text: string | undefined, { name }: Key) => {
    if (name === "paste-start") pasted = [];
    if (name !== "paste-end" || pasted === undefined) return;
    // The last line stays in the editor: the user sends it.
    if (pasted.length > 0) before.push(...pasted);
    pasted = undefined;
  };
  input.on("keypress", onKey);
  editor.on("line", (line) => {
    if (pasted !== undefined) {
      pasted.push(line);
      return;
    }
    // What is copied often ends with its line.
    lines.push([...before.splice(0), line].join("\n").replace(/\n$/, ""));
    give();
  });
  editor.on("SIGINT", () => {
    // As shells do: what is typed goes first.
    if (isShown && (editor.line !== "" || before.length > 0)) {
      before.length = 0;
      editor.write(null, { ctrl: true, name: "e" });
      editor.write(null, { ctrl: true, name: "u" });
      return;
    }
    options.onCtrlC();
  });
  editor.on("close", () => {
    isOpen = false;
    // The shell's prompt belongs on a line of its own.
    if (isShown) output.write("\n");
    give();
  });
  output.write(PASTE_ON);
  const leave = () => output.write(PASTE_OFF);
  process.once("exit", leave);

  return {
    next(isMore) {
      return new Promise((resolve) => {
        waiting = resolve;
        give();
        if (waiting === undefined) return;
        isShown = true;
        editor.setPrompt(isMore ? options.morePrompt : options.prompt);
        editor.prompt(true);
      });
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      input.off("keypress", onKey);
      output.off("resize", onResize);
      process.off("exit", leave);
      editor.close();
      leave();
    },
  };
}
