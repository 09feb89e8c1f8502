/** Banned ids in the forms that servers take in a request, and as a list to commit. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { readGlitcherIds } from "../glitcher-format.ts";

export const BAN_FORMATS = ["openai", "llama-server", "vllm", "list"] as const;
export type BanFormat = (typeof BAN_FORMATS)[number];

/**
 * Entries of one request that a server takes, where it has a limit. OpenAI: dottxt-ai/outlines issue 99; vLLM:
 * MAX_NUM_LOGIT_BIAS_TOKENS of vllm/v1/worker/gpu/sample/logit_bias.py.
 */
export const BAN_LIMITS: Readonly<Partial<Record<BanFormat, number>>> = { openai: 300, vllm: 1024 };

/** A list to commit: no dates, no fingerprints, ids in order, so that a change is a change of the findings. */
export interface BanList {
  readonly schema: 1;
  readonly kind: "guard-list";
  readonly model: string;
  /** Ids in the vocabulary that the list belongs to. */
  readonly vocabulary: number;
  readonly tokens: readonly { readonly id: number; readonly text: string }[];
}

/**
 * Fields to put into the body of a request. -100 is the least bias of the OpenAI protocol and of vLLM, which
 * clamps to it; llama-server's `false` is minus infinity. vLLM's `bad_words` can't serve: it takes texts, and
 * the tokenizer decides which ids those are.
 */
export function banFields(format: Exclude<BanFormat, "list">, ids: readonly number[]): object {
  const sorted = [...ids].sort((a, b) => a - b);
  if (format === "llama-server") return { logit_bias: sorted.map((id) => [id, false]) };
  return { logit_bias: Object.fromEntries(sorted.map((id) => [String(id), -100])) };
}

/** The list of some ids. @param bytesOf the bytes of an id */
export function banList(
  model: { name: string; vocabulary: number },
  ids: readonly number[],
  bytesOf: (id: number) => Uint8Array,
): BanList {
  return {
    schema: 1,
    kind: "guard-list",
    model: model.name,
    vocabulary: model.vocabulary,
    tokens: [...ids].sort((a, b) => a - b).map((id) => ({ id, text: visibleToken(bytesOf(id)) })),
  };
}

/** The list as a file with one token a line, for a readable diff. */
export function formatBanList({ tokens, ...head }: BanList): string {
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  const rows = tokens.map((token) => `    ${JSON.stringify(token)}`).join(",\n");
  return `{\n${fields.join("\n")}\n  "tokens": [${rows === "" ? "" : `\n${rows}\n  `}]\n}\n`;
}

const OWN_KINDS: readonly unknown[] = ["guard-list", "mine", "test"];

/**
 * Ids of a committed list, of a document of `mine` or `test`, of a file of glitcher, or of a plain list.
 * @param textOf the visible text of an id in the vocabulary at hand, or undefined where it is not known
 * @throws DATA_UNAVAILABLE if there is no list, or if it was made with another tokenizer
 */
export function readBannedIds(value: unknown, textOf?: (id: number) => string | undefined): number[] {
  const ids = readGlitcherIds(value);
  const { kind, tokens, model } = (value ?? {}) as Partial<Omit<BanList, "kind">> & { kind?: unknown };
  // These documents give each id its visible text; those of other programs write texts in ways of their own.
  if (!OWN_KINDS.includes(kind) || !Array.isArray(tokens) || textOf === undefined) return ids;
  const listed = new Set(ids);
  const other = tokens.find(({ id, text }) => listed.has(id) && (textOf(id) ?? text) !== text);
  if (other !== undefined)
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The list is not of this tokenizer: token ${other.id} is "${textOf(other.id)}" here and "${other.text}" there.`,
      { hint: `It was made for ${nameOf(model)}; export one for this model with \`assay guard export\`.` },
    );
  return ids;
}

/** A list names its model, a document of a mine describes it. */
function nameOf(model: unknown): string {
  return typeof model === "string" ? model : String((model as { name?: unknown } | null | undefined)?.name);
}
