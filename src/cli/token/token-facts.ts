/** What a token id is, whatever a model makes of it: class, bytes, and what its text is tokenised to. */

import type { Tokenizer } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { formatTable } from "../table.ts";

export interface TokenFacts {
  readonly id: number;
  readonly text: string;
  readonly class: string;
  /** Hexadecimal, two digits a byte. */
  readonly bytes: string;
}

/** Facts of an id, and the ids that its text becomes, where it has a text. */
export interface OneToken {
  readonly facts: TokenFacts;
  /** As it is, not as it is shown. */
  readonly text: string | undefined;
  readonly tokenised: readonly number[] | undefined;
}

/** Looks ids up. */
export async function tokenFacts(
  model: Tokenizer,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<TokenFacts[]> {
  const { classifyVocabulary } = await import("../../glitch/index.ts");
  const { classes } = await classifyVocabulary(model, signal);
  return ids.map((id) => factsOf(model, id, classes[id]!));
}

/** Looks one id up, and how its text is tokenised. */
export async function oneToken(model: Tokenizer, id: number, signal: AbortSignal): Promise<OneToken> {
  const { classifyVocabulary } = await import("../../glitch/index.ts");
  const { classes, texts } = await classifyVocabulary(model, signal);
  const text = texts[id];
  const tokenised = text === undefined ? undefined : await model.tokenize(text, { continuation: true });
  return { facts: factsOf(model, id, classes[id]!), text, tokenised };
}

function factsOf(model: Tokenizer, id: number, tokenClass: string): TokenFacts {
  const bytes = model.tokenBytes(id);
  return { id, text: visibleToken(bytes), class: tokenClass, bytes: Buffer.from(bytes).toString("hex") };
}

/** @throws USAGE for an id that the model does not have */
export function checkTokenId(model: Tokenizer, text: string, hint = ""): number {
  const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (id < model.info.vocabulary) return id;
  throw new AppError("USAGE", `${model.info.name} has no token ${visibleToken(text)}.`, {
    hint: `Ids run from 0 to ${model.info.vocabulary - 1}${hint}.`,
  });
}

export function factsTable(facts: readonly TokenFacts[]): string {
  return formatTable(
    COLUMNS,
    facts.map((it) => [String(it.id), it.text, it.class, it.bytes]),
  );
}

/** "Its text becomes 42 ▁a, 7 b." */
export function describeTokenised(model: Tokenizer, ids: readonly number[]): string {
  return `Its text becomes ${ids.map((id) => `${id} ${visibleToken(model.tokenBytes(id))}`).join(", ")}.`;
}

const COLUMNS = [
  { title: "id", align: "right" },
  { title: "token" },
  { title: "class" },
  { title: "bytes" },
] as const;
