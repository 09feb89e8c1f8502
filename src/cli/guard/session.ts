/** A tokenizer or a whole model, its vocabulary and a guard with the banned ids that were asked for. */

import type { LanguageModel, Tokenizer } from "../../engine/index.ts";
import type { Guard, GuardVocabulary, Vocabulary } from "../../glitch/index.ts";
import type { Gguf } from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { withModel, withTokenizer } from "../with-model.ts";
import { describeSource, findBanned, type GuardSource, type GuardSourceOptions } from "./source.ts";

export interface GuardSession<Model extends Tokenizer = Tokenizer> {
  readonly model: Model;
  readonly vocabulary: Vocabulary;
  readonly guardVocabulary: GuardVocabulary;
  readonly source: GuardSource;
  readonly guard: Guard;
  /** The visible text of an id. */
  readonly textOf: (id: number) => string;
}

type Options = GuardSourceOptions & SharedOptions;

/** Runs `use` with the tokenizer: a guard needs no weights. */
export async function withGuard<T>(
  context: CliContext,
  argument: string | undefined,
  options: Options,
  use: (session: GuardSession) => Promise<T>,
): Promise<T> {
  return withTokenizer(context, { argument, options }, async (model, gguf) =>
    use(await openSession(context, options, model, gguf)),
  );
}

/** Runs `use` with the whole model, for what asks it. */
export async function withGuardedModel<T>(
  context: CliContext,
  argument: string | undefined,
  options: Options,
  use: (session: GuardSession<LanguageModel>) => Promise<T>,
): Promise<T> {
  return withModel(context, { argument, options, bulk: true }, async (model, gguf) =>
    use(await openSession(context, options, model, gguf)),
  );
}

async function openSession<Model extends Tokenizer>(
  context: CliContext,
  options: Options,
  model: Model,
  gguf: Gguf,
): Promise<GuardSession<Model>> {
  const { classifyVocabulary, createGuard, guardVocabulary, pieceScores } = await import(
    "../../glitch/index.ts"
  );
  const textOf = (id: number) =>
    id < model.info.vocabulary ? visibleToken(model.tokenBytes(id)) : "no token of this model";
  const source = await findBanned(context, model.info, options, textOf);
  const classes = await classifyVocabulary(model, context.signal);
  const vocabulary = guardVocabulary(model, classes, pieceScores(gguf));
  const { banned, avoid } = source;
  const guard = createGuard({ vocabulary, banned, avoid });
  context.logger.info(describeSource(source));
  return { model, vocabulary: classes, guardVocabulary: vocabulary, source, guard, textOf };
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
