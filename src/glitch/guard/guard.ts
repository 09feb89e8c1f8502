/**
 * The guard: known glitch tokens never reach the model, and the text stays the same. A pure function of the
 * vocabulary, the banned ids and the ids that the model's own tokenizer made of a text; what is not banned
 * stays exactly as the tokenizer had it.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { GuardVocabulary } from "./guard-vocabulary.ts";
import { buildPieceTrie } from "./piece-trie.ts";
import { createRespell } from "./respell.ts";

/** A banned id in a sequence. */
export interface GuardFinding {
  readonly id: number;
  /** Position in the sequence of ids. */
  readonly index: number;
  /** Its bytes within the bytes of the whole sequence, end exclusive. */
  readonly byteStart: number;
  readonly byteEnd: number;
  /** Through visibleToken(). */
  readonly text: string;
}

/** A stretch of ids that was written anew: ids[start … end) were `before` and are `after` now. */
export interface Replacement {
  /** Positions in the sequence that was given. */
  readonly start: number;
  readonly end: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface GuardRewrite {
  /** The same bytes, without banned ids but for those in `unrepaired`. */
  readonly ids: readonly number[];
  readonly replaced: readonly Replacement[];
  /** Banned ids that stay, as their bytes can't be written without them: a banned control or byte token. */
  readonly unrepaired: readonly GuardFinding[];
}

export interface Guard {
  /** All banned ids of a sequence, in its order. @throws AppError USAGE on an id outside of the vocabulary */
  scan(ids: readonly number[]): GuardFinding[];
  /**
   * Writes every stretch of banned ids in other pieces. The result is ids: its text would be tokenised back to
   * what was banned.
   * @throws AppError USAGE on an id outside of the vocabulary
   */
  rewrite(ids: readonly number[]): GuardRewrite;
}

export interface GuardOptions {
  readonly vocabulary: GuardVocabulary;
  /** Ids that must not be in a sequence. */
  readonly banned: Iterable<number>;
  /** Ids that may stay where they are, but that a rewrite brings in only if it must, such as uncertain ones. */
  readonly avoid?: Iterable<number>;
}

/**
 * Makes a guard.
 * @throws AppError USAGE on a banned or avoided id outside of the vocabulary
 * @example
 * const guard = createGuard({ vocabulary, banned: [8978] });
 * const { ids, unrepaired } = guard.rewrite(await model.tokenize(text));
 */
export function createGuard({ vocabulary, banned, avoid = [] }: GuardOptions): Guard {
  const size = vocabulary.bytes.length;
  const isBanned = flags(banned, size);
  const isAvoided = flags(avoid, size);
  const avoided = (id: number) => isAvoided[id] === 1;
  const trie = buildPieceTrie(vocabulary, (id) => isBanned[id] === 1, avoided);
  const respell = createRespell(vocabulary, trie, avoided);
  const lengthOf = (id: number) => vocabulary.bytes[id]!.length;

  // Showing a token costs more than finding it, and a text may hold the same one a hundred thousand times.
  const texts = new Map<number, string>();
  const textOf = (id: number) => {
    const bytes = vocabulary.bytes[id]!;
    const text = texts.get(id) ?? (bytes.length > 0 ? visibleToken(bytes) : `[token ${id}]`);
    texts.set(id, text);
    return text;
  };

  function scan(ids: readonly number[]): GuardFinding[] {
    const findings: GuardFinding[] = [];
    let byteStart = 0;
    for (const [index, id] of ids.entries()) {
      checkId(id, size);
      const byteEnd = byteStart + lengthOf(id);
      if (isBanned[id]) findings.push({ id, index, byteStart, byteEnd, text: textOf(id) });
      byteStart = byteEnd;
    }
    return findings;
  }

  function rewrite(ids: readonly number[]): GuardRewrite {
    const result: number[] = [];
    const replaced: Replacement[] = [];
    const unrepaired: GuardFinding[] = [];
    let copied = 0;
    const copyTo = (end: number) => {
      while (copied < end) result.push(ids[copied++]!);
    };
    for (const stretch of stretches(scan(ids))) {
      let first = 0;
      for (const { count, after } of respell(stretch.map(({ id }) => id))) {
        const part = stretch.slice(first, first + count);
        first += count;
        const { index: start } = part[0]!;
        copyTo(start);
        if (after === undefined) {
          unrepaired.push(...part);
          continue;
        }
        for (const id of after) result.push(id);
        copied = start + count;
        replaced.push({ start, end: copied, before: part.map(({ id }) => id), after });
      }
    }
    copyTo(ids.length);
    return { ids: result, replaced, unrepaired };
  }

  return { scan, rewrite };
}

/** Findings that stand next to each other. */
function stretches(findings: readonly GuardFinding[]): GuardFinding[][] {
  const found: GuardFinding[][] = [];
  for (const finding of findings) {
    const last = found.at(-1);
    if (last?.at(-1)?.index === finding.index - 1) last.push(finding);
    else found.push([finding]);
  }
  return found;
}

function checkId(id: number, size: number): void {
  if (Number.isInteger(id) && id >= 0 && id < size) return;
  throw new AppError("USAGE", `Token id ${id} is not in the vocabulary of ${size}.`, {
    hint: `Ids run from 0 to ${size - 1}; a list belongs to the tokenizer that it was made with.`,
  });
}

/** 1 at every id of the list. */
function flags(ids: Iterable<number>, size: number): Uint8Array {
  const set = new Uint8Array(size);
  for (const id of ids) {
    checkId(id, size);
    set[id] = 1;
  }
  return set;
}
