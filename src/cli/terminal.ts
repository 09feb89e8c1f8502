/** Everything that is written to the terminal: results to stdout, messages and progress to stderr. */

import type { EventSink, RunEvent } from "../events.ts";
import { formatCount, formatSeconds } from "../report/index.ts";
import { createMeter, type Meter } from "./progress-meter.ts";
import { fitText } from "./text-width.ts";

export const PROGRESS_MODES = ["auto", "json", "off"] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

export interface Terminal {
  /** One result, or a part of one, to stdout; a newline is added. */
  print(text: string): void;
  /** Text to stdout as it comes, for streams. */
  write(text: string): void;
  /** A message to stderr that never tears the bar. */
  note(line: string): void;
  /** Feeds the bar; hand it to whatever does long work. */
  readonly onEvent: EventSink;
  /** Takes the bar away. */
  close(): void;
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 30_000;
const BAR_COLUMNS = 20;
/** Shorter stages end without a word. */
const WORTH_A_LINE_S = 1;
const CLEAR_LINE = "\r\u001b[2K";

/** @param quiet nothing but results and errors is written */
export function createTerminal(mode: ProgressMode, quiet: boolean): Terminal {
  const stream = process.stderr;
  const isBar = mode === "auto" && !quiet && stream.isTTY === true;
  const isLines = mode === "auto" && !quiet && !isBar;
  const meter = createMeter();
  let drawn = false;
  let drawnAt = 0;

  const line = () => describe(meter.read(), isBar, stream.columns ?? 80);
  const clear = () => {
    if (drawn) stream.write(CLEAR_LINE);
    drawn = false;
  };
  const draw = () => {
    const text = line();
    if (text === undefined) return clear();
    stream.write(`${CLEAR_LINE}${text}`);
    drawn = true;
    drawnAt = performance.now();
  };
  const note = (text: string) => {
    clear();
    // Who asked for JSON reads every line as such.
    stream.write(`${mode === "json" ? JSON.stringify({ type: "run-note", message: text }) : text}\n`);
    if (isBar) draw();
  };
  // A timer and not the events decides, so that work which tells nothing for long is still seen to live.
  const timer = isLines ? setInterval(() => logLine(line(), note), LINE_EVERY_MS) : undefined;
  timer?.unref();

  function show(event: RunEvent, unit = ""): void {
    if (event.type === "run-note" && !quiet) note(event.message);
    if (event.type === "stage-end" && !quiet && event.seconds >= WORTH_A_LINE_S) note(ended(event, unit));
    if (isBar && performance.now() - drawnAt >= REDRAW_MS) draw();
  }

  return {
    print: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    write: (text) => {
      clear();
      process.stdout.write(text);
    },
    note,
    onEvent(event) {
      const unit = meter.read()?.unit;
      meter.update(event);
      if (mode === "json") stream.write(`${JSON.stringify(event)}\n`);
      else if (mode === "auto") show(event, unit);
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

/** A reader that goes away (`| head`) is no error; without this Node would print a stack. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
}

function logLine(text: string | undefined, note: (text: string) => void): void {
  if (text !== undefined) note(text);
}

function ended(
  { stage, done, seconds, note }: Extract<RunEvent, { type: "stage-end" }>,
  unit: string,
): string {
  const remark = note === undefined ? "" : `, ${note}`;
  return `${stage}: ${formatCount(done)} ${unit} in ${formatSeconds(seconds)}${remark}`;
}

function describe(meter: Meter | undefined, isBar: boolean, columns: number): string | undefined {
  if (meter === undefined) return undefined;
  const { stage, unit, total, done, found, expected, rate, secondsLeft } = meter;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const parts = [
    isBar ? `${stage} ${bar(meter, share)}` : stage,
    `${Math.floor(share * 100)} %`,
    `${formatCount(done)}/${formatCount(total)} ${unit}`,
    rate === undefined ? undefined : `${formatCount(rate)}/s`,
    secondsLeft === undefined ? undefined : `${formatSeconds(secondsLeft)} left`,
    found === undefined ? undefined : `found ${formatCount(found)}`,
    expected && `of about ${formatCount(expected.estimate)} [${expected.low}, ${expected.high}]`,
  ];
  // One column less than there are: writing the last one makes some terminals begin a new line.
  return fitText(parts.filter((part) => part !== undefined).join("  "), columns - 1);
}

/** What an earlier sitting did is drawn in another shade. */
function bar({ resumed, total }: Meter, share: number): string {
  const filled = Math.round(share * BAR_COLUMNS);
  const before = total > 0 ? Math.min(filled, Math.round((resumed / total) * BAR_COLUMNS)) : 0;
  return "▒".repeat(before) + "█".repeat(filled - before) + "░".repeat(BAR_COLUMNS - filled);
}
