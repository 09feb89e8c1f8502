/** What a model expects after a prompt: its best tokens, and the chances of a text that somebody expects. */

import type { LanguageModel, ProbeResult, TokenChance } from "../../engine/index.ts";
import { visibleToken } from "../../visible-token.ts";

export interface ExpectedText {
  /** As tokenised: with or without a leading space. */
  readonly text: string;
  readonly ids: readonly number[];
  /** Of the first token alone. */
  readonly first: { readonly text: string; readonly p: number; readonly rank: number };
  /** Probability of the whole text, and its natural logarithm. */
  readonly p: number;
  readonly logp: number;
}

export interface Prediction {
  readonly form: "raw" | "chat";
  readonly promptTokens: number;
  /** In nats. */
  readonly entropy: number;
  readonly top: readonly (TokenChance & { text: string })[];
  readonly expected: readonly ExpectedText[];
}

const TOP = 10;

/** Looks one step ahead of a prompt, and at each way in which the expected text may begin. */
export async function predict(
  model: LanguageModel,
  form: Prediction["form"],
  prompt: readonly number[],
  expected: string | undefined,
  signal: AbortSignal,
): Promise<Prediction> {
  const spellings = await spellingsOf(model, expected);
  const last = prompt.at(-1)!;
  // Without an expected text any target will do: only the distribution is looked at.
  const targets = spellings.length > 0 ? spellings.map(({ ids }) => ids[0]!) : [last];
  const probes: ProbeResult[] = [];
  const cases = targets.map((target) => ({ tail: [last], target }));
  for await (const result of model.probe(prompt.slice(0, -1), cases, { topK: TOP, signal })) {
    probes[result.index] = result;
  }
  const chances = await Promise.all(
    spellings.map(async ({ text, ids }, index): Promise<ExpectedText> => {
      const logs = await model.score([...prompt, ...ids], { signal });
      const logp = logs.subarray(prompt.length).reduce((sum, log) => sum + log, 0);
      const { p, rank } = probes[index]!;
      return { text, ids, first: { text: show(model, ids[0]!), p, rank }, p: Math.exp(logp), logp };
    }),
  );
  const { entropy, top } = probes[0]!;
  return {
    form,
    promptTokens: prompt.length,
    entropy,
    top: top.map(({ id, p }) => ({ id, p, text: show(model, id) })),
    expected: chances,
  };
}

/** One step ahead of a prompt: the best tokens, and the chance of one that is asked about. */
export interface TokenPrediction extends Pick<Prediction, "form" | "promptTokens" | "entropy" | "top"> {
  readonly target: { readonly id: number; readonly p: number; readonly rank: number };
}

/** As predict(), about one id. */
export async function predictToken(
  model: LanguageModel,
  form: Prediction["form"],
  prompt: readonly number[],
  target: number,
  { topK, signal }: { topK: number; signal: AbortSignal },
): Promise<TokenPrediction> {
  const cases = [{ tail: [prompt.at(-1)!], target }];
  let probed: ProbeResult | undefined;
  for await (const result of model.probe(prompt.slice(0, -1), cases, { topK, signal })) probed = result;
  const { p, rank, entropy, top } = probed!;
  const shown = top.map((chance) => ({ ...chance, text: show(model, chance.id) }));
  return { form, promptTokens: prompt.length, entropy, top: shown, target: { id: target, p, rank } };
}

/** "fox" may go on as a new word or as a part of one; both are what the user means. */
async function spellingsOf(model: LanguageModel, expected: string | undefined) {
  if (expected === undefined || expected.trim() === "") return [];
  const bare = expected.replace(/^ /, "");
  return Promise.all(
    [` ${bare}`, bare].map(async (text) => ({
      text,
      ids: await model.tokenize(text, { continuation: true }),
    })),
  );
}

function show(model: LanguageModel, id: number): string {
  const bytes = model.tokenBytes(id);
  return bytes.length > 0 ? visibleToken(bytes) : `<${model.tokenKind(id)} ${id}>`;
}
