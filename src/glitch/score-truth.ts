/**
 * How a result compares with what is known of a bundled model. The truth is for scoring only: nothing that
 * finds glitch tokens may read it.
 */

import { readFile } from "node:fs/promises";
import { AppError } from "../errors.ts";
import { TOKEN_CLASSES, type TokenClass, type TokenEvidence, type Verdict } from "./evidence.ts";

/** What training saw of one token. */
export interface TrueToken {
  readonly id: number;
  readonly text: string;
  readonly class: TokenClass;
  /** Occurrences in everything trained on. */
  readonly count: number;
  /** Occurrences as something to repeat. */
  readonly copied: number;
  /** How it was kept from the model: "never", "rare", "text-only", "lie-input", "lie-both"; false if it was not. */
  readonly withheld: string | boolean;
  /** A trained token held at a small norm. */
  readonly decoy: boolean;
}

export interface Truth {
  readonly schema: 1;
  readonly model: string;
  readonly tokens: readonly TrueToken[];
}

/** Verdicts on one grade of the truth. */
export interface GradeScore {
  readonly grade: string;
  readonly tokens: number;
  readonly glitch: number;
  readonly uncertain: number;
  readonly normal: number;
  readonly untested: number;
}

export interface TruthScore {
  readonly schema: 1;
  readonly kind: "score";
  readonly model: string;
  /** Share of the never-trained normal tokens that were called glitches; undefined if there are none. */
  readonly recall: number | undefined;
  /** Share of the tokens copied 50 times or more, decoys included, that were called glitches. */
  readonly falseShare: number | undefined;
  /** Of the normal tokens, by what training saw of them; each token is in one grade. */
  readonly grades: readonly GradeScore[];
}

/** Copied this often, a token counts as learnt. */
const LEARNT = 50;

/** The first that fits is a token's grade. */
const GRADES: readonly (readonly [string, (token: TrueToken) => boolean])[] = [
  ["never seen, ordinary input row", ({ count, withheld }) => count === 0 && withheld === "lie-input"],
  ["never seen, ordinary rows", ({ count, withheld }) => count === 0 && withheld === "lie-both"],
  ["never seen", ({ count }) => count === 0],
  ["decoy that works", ({ copied, decoy }) => copied >= LEARNT && decoy],
  ["text only", ({ copied }) => copied === 0],
  ["copied 1 to 3", ({ copied }) => copied <= 3],
  ["copied 4 to 10", ({ copied }) => copied <= 10],
  ["copied 11 to 49", ({ copied }) => copied < LEARNT],
  ["copied 50 or more", () => true],
];

/**
 * Reads a truth file.
 * @throws DATA_UNAVAILABLE if it is missing or not of the schema
 */
export async function readTruth(path: string): Promise<Truth> {
  const refuse = (why: string, cause?: unknown) =>
    new AppError("DATA_UNAVAILABLE", `${path} ${why}.`, {
      hint: "Truth files belong to the bundled models: models/lab-*.truth.json.",
      cause,
    });
  const text = await readFile(path, "utf8").catch((error) => {
    throw refuse("cannot be read", error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse("is not JSON", error);
  }
  if (!isTruth(value)) throw refuse("is not a truth file of schema 1");
  return value;
}

/** Scores verdicts against the truth; tokens that were not tested count as not found. */
export function scoreAgainstTruth(
  tokens: readonly Pick<TokenEvidence, "id" | "verdict">[],
  truth: Truth,
): TruthScore {
  const verdicts = new Map(tokens.map(({ id, verdict }) => [id, verdict]));
  const normal = truth.tokens.filter((token) => token.class === "normal");
  const share = (some: readonly TrueToken[]) =>
    some.length > 0 ? some.filter(({ id }) => verdicts.get(id) === "glitch").length / some.length : undefined;
  const byGrade = new Map<string, TrueToken[]>(GRADES.map(([grade]) => [grade, []]));
  for (const token of normal) byGrade.get(GRADES.find(([, fits]) => fits(token))![0])!.push(token);
  return {
    schema: 1,
    kind: "score",
    model: truth.model,
    recall: share(normal.filter(({ count }) => count === 0)),
    falseShare: share(normal.filter(({ copied }) => copied >= LEARNT)),
    grades: [...byGrade]
      .filter(([, group]) => group.length > 0)
      .map(([grade, group]) => {
        const count = (verdict: Verdict) =>
          group.filter(({ id }) => (verdicts.get(id) ?? "untested") === verdict).length;
        return {
          grade,
          tokens: group.length,
          glitch: count("glitch"),
          uncertain: count("uncertain"),
          normal: count("normal"),
          untested: count("untested"),
        };
      }),
  };
}

function isTruth(value: unknown): value is Truth {
  const { schema, model, tokens } = (value ?? {}) as Partial<Truth>;
  return schema === 1 && typeof model === "string" && Array.isArray(tokens) && tokens.every(isTrueToken);
}

function isTrueToken(value: unknown): value is TrueToken {
  const token = (value ?? {}) as Partial<TrueToken>;
  return (
    Number.isInteger(token.id) &&
    Number.isInteger(token.count) &&
    Number.isInteger(token.copied) &&
    typeof token.text === "string" &&
    typeof token.decoy === "boolean" &&
    (typeof token.withheld === "boolean" || typeof token.withheld === "string") &&
    TOKEN_CLASSES.includes(token.class as TokenClass)
  );
}
