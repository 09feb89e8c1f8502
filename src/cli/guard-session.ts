/** A model, its vocabulary and a guard with the banned ids that were asked for. */

import type { LanguageModel } from "../engine/index.ts";
import type { Guard, GuardVocabulary, Vocabulary } from "../glitch/index.ts";
import { visibleToken } from "../visible-token.ts";
import type { CliContext, SharedOptions } from "./context.ts";
import { describeSource, findBanned, type GuardSource, type GuardSourceOptions } from "./guard-source.ts";
import { withModel } from "./with-model.ts";

export interface GuardSession {
  readonly model: LanguageModel;
  readonly vocabulary: Vocabulary;
  readonly guardVocabulary: GuardVocabulary;
  readonly source: GuardSource;
  readonly guard: Guard;
  /** The visible text of an id. */
  readonly textOf: (id: number) => string;
}

/** Runs `use` with all of it. @param bulk as in ModelChoice */
export async function withGuard<T>(
  context: CliContext,
  argument: string | undefined,
  options: GuardSourceOptions & SharedOptions,
  use: (session: GuardSession) => Promise<T>,
  { bulk = false }: { bulk?: boolean } = {},
): Promise<T> {
  return withModel(context, { argument, options, bulk }, async (model, gguf) => {
    const { classifyVocabulary, createGuard, guardVocabulary, pieceScores } = await import(
      "../glitch/index.ts"
    );
    const textOf = (id: number) =>
      id < model.info.vocabulary ? visibleToken(model.tokenBytes(id)) : "no token of this model";
    const source = await findBanned(context, model.info, options, textOf);
    const classes = await classifyVocabulary(model, context.signal);
    const vocabulary = guardVocabulary(model, classes, pieceScores(gguf));
    const { banned, avoid } = source;
    const guard = createGuard({ vocabulary, banned, avoid });
    context.logger.info(describeSource(source));
    return use({ model, vocabulary: classes, guardVocabulary: vocabulary, source, guard, textOf });
  });
}

/** What every document of the guard begins with. */
export function guardHead(kind: string, { model, source }: Pick<GuardSession, "model" | "source">): object {
  const { name, fingerprint } = model.info;
  return {
    schema: 1,
    kind,
    model: { name, fingerprint },
    source: { ...source.from, banned: source.banned.length },
  };
}
