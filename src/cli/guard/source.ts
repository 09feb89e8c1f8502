/** Where banned ids come from: the fullest mine of the model, a run by name, or a file. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { AppError } from "../../errors.ts";
import type { MineResult } from "../../glitch/index.ts";
import type { RunRecord, Store } from "../../store/index.ts";
import type { CliContext } from "../context.ts";
import { withStore } from "../with-store.ts";

export interface GuardSourceOptions {
  run?: string;
  tokens?: string;
  includeUncertain?: true;
}

/** Banned ids and where they are from. */
export interface GuardSource {
  readonly banned: readonly number[];
  /** Not banned, but not to be brought in by a rewrite either. */
  readonly avoid: readonly number[];
  readonly from: { readonly run: string } | { readonly file: string };
  /** The run's result; undefined for a file. */
  readonly result: MineResult | undefined;
}

export function addGuardSource(command: Command): Command {
  return command
    .optionsGroup("Banned tokens:")
    .option("--run <run>", "of this mine; without it of the finished mine that tested the most tokens")
    .option("--tokens <file>", "of a committed list, a document of mine, glitcher's JSON or a list of ids")
    .option("--include-uncertain", "ban uncertain tokens too");
}

/**
 * Finds the banned ids for a model.
 * @param textOf the visible text of an id, to notice a list of another tokenizer
 * @throws AppError USAGE, RUN_NOT_FOUND, RUN_MISMATCH, DATA_UNAVAILABLE
 */
export async function findBanned(
  context: CliContext,
  model: { name: string; fingerprint: string; vocabulary: number },
  { run, tokens, ...wishes }: GuardSourceOptions,
  textOf?: (id: number) => string | undefined,
): Promise<GuardSource> {
  if (run !== undefined && tokens !== undefined)
    throw new AppError("USAGE", "Give --run or --tokens, not both.");
  const includeUncertain = wishes.includeUncertain === true;
  const { bannedIds, readBannedIds } = await import("../../glitch/index.ts");
  if (tokens !== undefined) {
    const value = readJson(tokens);
    // A document of `mine` says which of its tokens are uncertain; other lists don't.
    const rows = (value as Partial<MineResult> | null)?.kind === "mine" ? (value as MineResult) : undefined;
    if (includeUncertain && rows === undefined)
      throw new AppError("USAGE", `${tokens} does not say which tokens are uncertain.`, {
        hint: "--include-uncertain needs a run, or a document of `assay mine --json`.",
      });
    const all = readBannedIds(value, textOf);
    const beyond = all.find((id) => id >= model.vocabulary);
    if (beyond !== undefined)
      throw new AppError(
        "DATA_UNAVAILABLE",
        `${tokens} is not of this tokenizer: it has no token ${beyond}.`,
        {
          hint: `Ids of ${model.name} run from 0 to ${model.vocabulary - 1}.`,
        },
      );
    const split = rows ? bannedIds(rows, { includeUncertain }) : { banned: all, avoid: [] };
    return { ...split, from: { file: tokens }, result: undefined };
  }
  return withStore(context, async (store) => {
    const record = run === undefined ? await ownMine(store, model) : await store.findRun(run);
    const result = await mineResult(store, record);
    if (record.model.fingerprint !== model.fingerprint)
      throw new AppError(
        "RUN_MISMATCH",
        `The run ${record.id} belongs to another model file (${record.model.name}).`,
        { hint: `A verdict holds for one file. Mine this one: npx assay mine ${model.name}` },
      );
    return { ...bannedIds(result, { includeUncertain }), from: { run: record.id }, result };
  });
}

/** "576 banned tokens of mine-…", for the reader. */
export function describeSource({ banned, from, result }: GuardSource): string {
  const where = "run" in from ? from.run : from.file;
  const part =
    result && result.recall?.estimate !== 1
      ? `; only ${result.counts.tested} tokens were tested, others may be glitch tokens too`
      : "";
  return `${banned.length} banned tokens of ${where}${part}.`;
}

async function ownMine(store: Store, { name, fingerprint }: { name: string; fingerprint: string }) {
  const { fullestMine } = await import("../../glitch/index.ts");
  const fullest = await fullestMine(store, fingerprint);
  if (fullest !== undefined) return fullest;
  throw new AppError("RUN_NOT_FOUND", `The store has no finished mine of ${name}.`, {
    hint: `Mine it: npx assay mine ${name}. Or name a list with --tokens FILE.`,
  });
}

async function mineResult(store: Store, run: RunRecord): Promise<MineResult> {
  const { isFinished } = await import("../../glitch/index.ts");
  const document = (await store.document(run.id)) as MineResult | undefined;
  if (run.kind === "mine" && isFinished(run) && document !== undefined) return document;
  throw new AppError("RUN_MISMATCH", `The run ${run.id} is no finished mine.`, {
    hint:
      run.kind === "mine"
        ? `Finish it: npx assay runs resume ${run.id}`
        : "`assay runs list` shows the mines.",
  });
}

/**
 * A JSON file.
 * @throws AppError DATA_UNAVAILABLE
 */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AppError("DATA_UNAVAILABLE", `The list ${file} cannot be read: ${(cause as Error).message}.`, {
      hint: "Write one with `assay guard export --format list`.",
      cause,
    });
  }
}
