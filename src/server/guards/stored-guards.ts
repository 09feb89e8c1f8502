/** Guards made of the stored mines: what mining found, the server's models are protected from. */

import type { PromptGuard } from "../../answer/index.ts";
import type { LanguageModel } from "../../engine/index.ts";
import {
  bannedIds,
  classifyVocabulary,
  createGuard,
  fullestMine,
  type GuardVocabulary,
  guardVocabulary,
  type MineResult,
  pieceScores,
} from "../../glitch/index.ts";
import type { Logger } from "../../logger.ts";
import { readGguf } from "../../models/index.ts";
import type { Store } from "../../store/index.ts";

/** Finds the guard of a model; undefined where no finished mine speaks of its file. */
export type FindGuard = (model: LanguageModel) => Promise<PromptGuard | undefined>;

export interface StoredGuardsOptions {
  readonly store: Pick<Store, "listRuns" | "document">;
  readonly logger: Logger;
  /** Milliseconds for which the store is not asked again. @default 10 s */
  readonly freshMs?: number;
  readonly now?: () => number;
}

interface Known {
  readonly checkedAt: number;
  readonly guard: Promise<PromptGuard | undefined>;
  /** The run that the guard was made of. */
  readonly run: string | undefined;
}

const FRESH_MS = 10_000;

/**
 * Guards by the model's fingerprint. A mine that ends while the server runs counts from the next look on; the
 * store's trouble is logged and leaves the guard that there is.
 */
export function createStoredGuards({
  store,
  logger,
  freshMs = FRESH_MS,
  now = Date.now,
}: StoredGuardsOptions): FindGuard {
  const known = new Map<string, Promise<Known>>();
  const vocabularies = new Map<string, Promise<GuardVocabulary>>();

  const vocabularyOf = (model: LanguageModel) => {
    const { fingerprint } = model.info;
    let vocabulary = vocabularies.get(fingerprint);
    if (vocabulary === undefined) {
      vocabulary = readVocabulary(model);
      vocabularies.set(fingerprint, vocabulary);
      // The process of the model may have ended meanwhile; the next request tries again.
      vocabulary.catch(() => vocabularies.delete(fingerprint));
    }
    return vocabulary;
  };

  const look = async (model: LanguageModel, before: Known | undefined): Promise<Known> => {
    const checkedAt = now();
    const run = await fullestMine(store as Store, model.info.fingerprint);
    if (run === undefined) return { checkedAt, run: undefined, guard: Promise.resolve(undefined) };
    if (run.id === before?.run) return { ...before, checkedAt };
    const document = (await store.document(run.id)) as MineResult | undefined;
    if (document === undefined) return { checkedAt, run: undefined, guard: Promise.resolve(undefined) };
    const { banned, avoid } = bannedIds(document);
    logger.info(`The guard of ${model.info.name} knows ${banned.length} glitch tokens, by ${run.id}.`);
    const guard = vocabularyOf(model).then((vocabulary): PromptGuard => {
      const { scan, rewrite } = createGuard({ vocabulary, banned, avoid });
      return { source: run.id, banned, scan, rewrite };
    });
    guard.catch(() => known.delete(model.info.fingerprint));
    return { checkedAt, run: run.id, guard };
  };

  return async (model) => {
    const { fingerprint } = model.info;
    const before = await known.get(fingerprint)?.catch(() => undefined);
    if (before !== undefined && now() - before.checkedAt < freshMs) return before.guard;
    const next = look(model, before).catch((error: unknown) => {
      // Without the store there may be glitch tokens that nobody looks for: say so, and go on with what is known.
      if (before === undefined) throw error;
      logger.warn(`The stored mines cannot be read: ${(error as Error).message}`);
      return { ...before, checkedAt: now() };
    });
    known.set(fingerprint, next);
    next.catch(() => known.delete(fingerprint));
    return (await next).guard;
  };
}

async function readVocabulary(model: LanguageModel): Promise<GuardVocabulary> {
  const classes = await classifyVocabulary(model);
  const scores = model.info.path === undefined ? undefined : pieceScores(await readGguf(model.info.path));
  return guardVocabulary(model, classes, scores);
}
