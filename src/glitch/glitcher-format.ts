/** glitcher's files: written for those who come from it, and read back whichever of its commands wrote them. */

import { AppError } from "../errors.ts";
import type { MineResult } from "./evidence.ts";

/** What `glitcher mine` writes. Here the two lists have no duplicates and belong together by position. */
export interface GlitcherMine {
  readonly model_path: string;
  readonly glitch_tokens: readonly string[];
  readonly glitch_token_ids: readonly number[];
  readonly total_iterations: number;
  readonly runtime_seconds: number;
}

/** Token evidence of glitches alone, in glitcher's shape; an iteration is a page of eight tokens there. */
export function toGlitcherMine(result: MineResult, batchSize = 8): GlitcherMine {
  const glitches = result.tokens.filter(({ verdict }) => verdict === "glitch");
  return {
    model_path: result.model.path || result.model.name,
    glitch_tokens: glitches.map(({ text }) => text),
    glitch_token_ids: glitches.map(({ id }) => id),
    total_iterations: Math.ceil(result.counts.tested / batchSize),
    runtime_seconds: result.seconds,
  };
}

/** Lists of rows in its files, by the name of the list. */
const ROW_LISTS = [
  "glitch_tokens",
  "tokens",
  "test_results",
  "results",
  "classifications",
  "validation_results",
  "comparison_results",
  "examined",
  "confirmed_glitches",
  "token_list_tests",
  "lowest_norm_tokens",
];

/**
 * Ids of the glitch tokens in a file of glitcher or of this program: a plain list of ids, `glitch_token_ids`,
 * or lists of rows with `token_id` or `id`. Rows that say they are no glitch are left out. Ascending, once each.
 * @throws DATA_UNAVAILABLE if no list of ids is there
 */
export function readGlitcherIds(value: unknown): number[] {
  const ids = collectIds(value);
  if (!ids)
    throw new AppError("DATA_UNAVAILABLE", "The file holds no list of token ids.", {
      hint: "Give a JSON list of ids, or a file that `mine` or `test` wrote.",
    });
  const bad = ids.find((id) => !Number.isInteger(id) || id < 0);
  if (bad !== undefined)
    throw new AppError("DATA_UNAVAILABLE", `${JSON.stringify(bad)} is not a token id.`, {
      hint: "Token ids are whole numbers from 0.",
    });
  return [...new Set(ids)].sort((a, b) => a - b);
}

function collectIds(value: unknown): number[] | undefined {
  if (Array.isArray(value)) return rowIds(value);
  if (typeof value !== "object" || value === null) return undefined;
  const file = value as Record<string, unknown>;
  // Beside this list `glitch_tokens` holds texts, which are no ids.
  if (Array.isArray(file.glitch_token_ids)) return rowIds(file.glitch_token_ids);
  const lists = ROW_LISTS.map((name) => file[name]).filter(Array.isArray);
  const found = lists.map(rowIds).filter((ids) => ids !== undefined);
  return found.length > 0 ? found.flat() : undefined;
}

/** Ids of a list of numbers or rows; undefined if it is neither. */
function rowIds(list: readonly unknown[]): number[] | undefined {
  const ids: number[] = [];
  for (const item of list) {
    if (typeof item === "number") {
      ids.push(item);
      continue;
    }
    const row = (typeof item === "object" && item !== null ? item : {}) as Record<string, unknown>;
    const id = row.token_id ?? row.id;
    if (typeof id !== "number") return undefined;
    const isGlitch = row.is_glitch ?? row.enhanced_method ?? row.verdict ?? true;
    if (isGlitch === true || isGlitch === "glitch") ids.push(id);
  }
  return ids;
}
