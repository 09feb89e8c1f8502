/** What a chat shows: answers on stdout, everything else dim on stderr. */

import { styleText } from "node:util";
import { formatCount } from "../../report/index.ts";
import type { CliContext } from "../context.ts";
import { safeText } from "./safe-text.ts";

export interface ChatScreen {
  /** A piece of an answer, as it comes from the model. */
  answer(text: string): void;
  /** The answer is whole. */
  endAnswer(): void;
  /** Something about the chat; nothing under --quiet. */
  note(text: string): void;
  /** What the user asked to see. */
  show(text: string): void;
  /** The prompt's tokens are being computed: says so where it takes long, until the answer begins. */
  wait(tokens: number): void;
}

/** A user who sees nothing for longer wonders. */
const PATIENCE_MS = 1_000;
const CLEAR_LINE = "\r\u001b[2K";

/** @param isTalk somebody sits at the terminal; with --json the answers are shown on stderr then, else nowhere */
export function createScreen({ terminal, quiet, json }: CliContext, isTalk: boolean): ChatScreen {
  const dim = (text: string) => styleText("dim", text, { stream: process.stderr });
  const write = json ? (text: string) => isTalk && process.stderr.write(text) : terminal.write;
  let timer: NodeJS.Timeout | undefined;
  let isDrawn = false;
  let isMidLine = false;

  const stopWaiting = () => {
    clearInterval(timer);
    timer = undefined;
    if (isDrawn) process.stderr.write(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    answer(text) {
      stopWaiting();
      if (text === "") return;
      isMidLine = true;
      write(safeText(text));
    },
    endAnswer() {
      stopWaiting();
      if (isMidLine) write("\n");
      isMidLine = false;
    },
    note(text) {
      if (!quiet) terminal.note(dim(text));
    },
    show: terminal.note,
    wait(tokens) {
      if (!isTalk || quiet) return;
      const started = performance.now();
      timer = setInterval(() => {
        const seconds = Math.round((performance.now() - started) / 1_000);
        process.stderr.write(`${CLEAR_LINE}${dim(`reading ${formatCount(tokens)} tokens, ${seconds} s`)}`);
        isDrawn = true;
      }, PATIENCE_MS);
    },
  };
}
