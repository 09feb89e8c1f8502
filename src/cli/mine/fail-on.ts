/** `mine --fail-on`: whether what a mine found is more than its caller allows, and which tokens are new. */

import { type Command, Option } from "commander";
import { AppError, ERROR_CODES } from "../../errors.ts";
import type { MineResult } from "../../glitch/index.ts";
import { readJson } from "../guard/source.ts";
import type { Terminal } from "../terminal.ts";

export interface FailOnOptions {
  failOn?: "found" | "new";
  /** The list that `new` is held against. */
  known?: string;
}

export function addFailOn(command: Command): Command {
  return command
    .addOption(
      new Option("--fail-on <what>", "exit 4 if there are glitch tokens, or some that --known lacks").choices(
        ["found", "new"],
      ),
    )
    .option("--known <file>", "list of `guard export`, or any file with ids of known glitch tokens");
}

/**
 * Reads the flags before an hour of work, not after it.
 * @throws AppError USAGE, DATA_UNAVAILABLE
 */
export async function checkFailOn({ failOn, known }: FailOnOptions): Promise<void> {
  if (failOn === "new" && known === undefined)
    throw new AppError("USAGE", "--fail-on new needs to know what is known.", {
      hint: "Add --known FILE; `assay guard export --format list` writes one.",
    });
  if (failOn !== "new" && known !== undefined)
    throw new AppError("USAGE", "--known has a meaning with --fail-on new only.");
  if (known !== undefined) await readKnown(known);
}

/** New tokens named one by one; the list has all. */
const SHOWN = 50;

/**
 * Says on stderr what was found or is new.
 * @returns the exit status of findings, or undefined if there are none
 * @throws AppError DATA_UNAVAILABLE if the list is of another tokenizer
 */
export async function failOnStatus(
  terminal: Pick<Terminal, "note">,
  { tokens, model }: Pick<MineResult, "tokens" | "model">,
  { failOn, known }: FailOnOptions,
): Promise<number | undefined> {
  if (failOn === undefined) return undefined;
  const glitches = tokens.filter(({ verdict }) => verdict === "glitch").sort((a, b) => a.id - b.id);
  const texts = new Map(tokens.map(({ id, text }) => [id, text]));
  const listed = new Set(known === undefined ? [] : await readKnown(known, (id) => texts.get(id)));
  const found = glitches.filter(({ id }) => !listed.has(id));
  if (found.length === 0) return undefined;
  terminal.note(
    failOn === "new"
      ? `${model.name} has ${found.length} glitch tokens that ${known} lacks:`
      : `${model.name} has ${found.length} glitch tokens.`,
  );
  if (failOn === "new") {
    for (const { id, text } of found.slice(0, SHOWN)) terminal.note(`  ${id} ${text}`);
    if (found.length > SHOWN) terminal.note(`  … and ${found.length - SHOWN} more`);
  }
  return ERROR_CODES.FINDINGS.exit;
}

async function readKnown(file: string, textOf?: (id: number) => string | undefined): Promise<number[]> {
  const { readBannedIds } = await import("../../glitch/index.ts");
  return readBannedIds(readJson(file), textOf);
}
