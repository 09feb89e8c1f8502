/** The health of words and phrases: their tokens in the model's own segmentation, and the weakest of them. */

import type { LanguageModel } from "../../engine/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { MineResult, TokenClass, Verdict } from "../evidence.ts";
import { roundFigure } from "../probes/logit.ts";
import { type HealthOptions, measureHealth, type TokenHealth } from "./token-health.ts";
import type { ListedWord } from "./word-list.ts";

/** A token of a word. Plain JSON. */
export interface WordToken {
  readonly id: number;
  /** Through visibleToken(). */
  readonly text: string;
  readonly class: TokenClass;
  /** Share of the candidates that look worse learnt, in [0, 1]. */
  readonly health: number;
  /** Of the mine that was given; null without one. */
  readonly verdict: Verdict | null;
  /** Value and place of each ingredient. */
  readonly ingredients: Readonly<Record<string, { readonly value: number; readonly share: number }>>;
}

/** A word or phrase. Plain JSON. */
export interface WordHealth {
  /** Where it stands in the list, from 1. */
  readonly line: number;
  /** Through visibleToken(). */
  readonly text: string;
  /** That of its weakest token. */
  readonly health: number;
  /** Place of the weakest token in `tokens`. */
  readonly weakest: number;
  readonly tokens: readonly WordToken[];
}

/** The document of `assay mine --health … --json`. */
export interface HealthResult {
  readonly schema: 1;
  readonly kind: "health";
  readonly model: MineResult["model"];
  readonly seed: number;
  /** The mine that the verdicts come from, if there is one. */
  readonly run: string | null;
  /** How many tokens the scale is made of. */
  readonly candidates: number;
  readonly ingredients: readonly { id: string; meaning: string; agreement: number }[];
  readonly notes: readonly string[];
  /** The weakest first; equal ones as listed. */
  readonly words: readonly WordHealth[];
}

export interface WordHealthOptions extends HealthOptions {
  words: readonly ListedWord[];
  /** What measureHealth gave before, so that many lists cost one measurement. @default measured now */
  health?: TokenHealth | undefined;
  /** Gives the verdicts that are shown beside the health; they do not change it. */
  mine?: Pick<MineResult, "run" | "tokens"> | undefined;
}

/** Words between two turns of the event loop: a few milliseconds. */
const WORDS_PER_TURN = 1_000;

/**
 * Measures a model's tokens and looks up those of each word.
 * @throws what measureHealth throws
 * @example
 * const { words } = await measureWordHealth({ model, readIndicators, words: readWordList(bytes) });
 * words[0]; // the word that the model hardly knows
 */
export async function measureWordHealth(options: WordHealthOptions): Promise<HealthResult> {
  const { model, seed = 0, words, mine } = options;
  const table = options.health ?? (await measureHealth(options));
  const { name, path = name, fingerprint, quantisation } = model.info;
  return {
    schema: 1,
    kind: "health",
    model: { name, path, fingerprint, quantisation },
    seed,
    run: mine?.run ?? null,
    candidates: table.candidates,
    ingredients: table.ingredients.map(({ id, meaning, agreement }) => ({
      id,
      meaning,
      agreement: roundFigure(agreement),
    })),
    notes: table.notes,
    words: await lookUp(model, table, words, mine, options.signal),
  };
}

async function lookUp(
  model: LanguageModel,
  table: TokenHealth,
  words: readonly ListedWord[],
  mine: WordHealthOptions["mine"],
  signal: AbortSignal | undefined,
): Promise<WordHealth[]> {
  const verdicts = new Map(mine?.tokens.map(({ id, verdict }) => [id, verdict]));
  const verdictOf = (id: number) => (mine ? (verdicts.get(id) ?? "untested") : null);
  const found: WordHealth[] = [];
  for (const [index, { line, text }] of words.entries()) {
    if (index % WORDS_PER_TURN === WORDS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    // As the word stands in a text: behind a space.
    const ids = await model.tokenize(` ${text}`, { continuation: true });
    if (ids.length === 0) continue;
    const tokens = ids.map((id) => wordToken(model, table, id, verdictOf(id)));
    const weakest = tokens.reduce((low, { health }, at) => (health < tokens[low]!.health ? at : low), 0);
    found.push({ line, text: visibleToken(text), health: tokens[weakest]!.health, weakest, tokens });
  }
  return found.sort((a, b) => a.health - b.health || a.line - b.line);
}

function wordToken(
  model: LanguageModel,
  { health, classes, ingredients }: TokenHealth,
  id: number,
  verdict: Verdict | null,
): WordToken {
  return {
    id,
    text: visibleToken(model.tokenBytes(id)) || `<${model.tokenKind(id)} ${id}>`,
    class: classes[id]!,
    health: roundFigure(health[id]!),
    verdict,
    ingredients: Object.fromEntries(
      ingredients
        .filter(({ values }) => !Number.isNaN(values[id]!))
        .map(({ id: name, values, shares }) => [
          name,
          { value: roundFigure(values[id]!), share: roundFigure(shares[id]!) },
        ]),
    ),
  };
}
