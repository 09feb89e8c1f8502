/** What is said of a process that ended by itself. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ProcessEnd } from "./runner-process.ts";

/** llama.cpp writes its assertion first and a trace after it; Node writes the error in the middle. */
const TELLING = /assert|error|fatal|terminate|abort|out of memory|failed/i;

/** For work that was in flight, or is asked for afterwards. */
export function runnerLost(name: string, end: ProcessEnd): AppError {
  return new AppError("RUNNER_LOST", `The process of ${visibleToken(name)} ended with ${ending(end)}`, {
    hint: `Ask again: a server starts it anew${memoryHint(end)}.`,
    details: detailsOf(end),
  });
}

/** For a model that was being loaded. */
export function runnerNotLoaded(path: string, end: ProcessEnd): AppError {
  return new AppError(
    "MODEL_LOAD",
    `The process that loaded ${visibleToken(path)} ended with ${ending(end)}`,
    {
      hint: `Check the file with \`assay models verify\`${memoryHint(end)}.`,
      details: detailsOf(end),
    },
  );
}

function ending(end: ProcessEnd): string {
  const lines = linesOf(end);
  const last = lines.find((line) => TELLING.test(line)) ?? lines.at(-1);
  return `${end.how}${last === undefined ? "" : `: ${last}`}.`;
}

function detailsOf(end: ProcessEnd): Record<string, unknown> {
  return { how: end.how, stderr: linesOf(end) };
}

/** Safe to show; a file's metadata may be in them. */
function linesOf({ stderr }: ProcessEnd): string[] {
  return stderr
    .split("\n")
    .map((line) => visibleToken(line.trim()))
    .filter((line) => line !== "");
}

function memoryHint({ how }: ProcessEnd): string {
  return how === "SIGKILL"
    ? "; SIGKILL is often the system's, for lack of memory, and `assay doctor` shows what is free"
    : "";
}
