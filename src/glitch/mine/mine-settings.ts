/** Everything that a mine's result depends on, beside the model: stored with the run and compared on resume. */

import { AppError } from "../../errors.ts";
import { ORDER_METHODS } from "../order/methods.ts";
import { PROBE_TEMPLATES } from "../probes/templates.ts";
import type { ValidationSettings } from "../validation/validate.ts";
import type { Budget } from "./budget.ts";
import { type CandidateChoice, checkCandidates } from "./candidates.ts";

/** Plain JSON. */
export type MineSettings = {
  /** Id of an order method. */
  readonly method: string;
  /** Which ids may be tested; absent in runs of versions that tested every normal token. */
  readonly candidates?: CandidateChoice;
  readonly budget: Budget;
  readonly seed: number;
  /** Nearest neighbours that vote on a token or are looked at from it, for methods that ask neighbours. */
  readonly neighbours: number;
  /** Tokens in a page. */
  readonly pageSize: number;
  /** Share of the tested tokens that is drawn at random, to estimate how many glitch tokens were missed. */
  readonly audit: number;
  /** Control tokens for the template check. */
  readonly controls: number;
  /** Ids of probe templates; null takes those that fit the model. */
  readonly templates: readonly string[] | null;
  /** Null leaves out the enhanced validation. */
  readonly validation: ValidationSettings | null;
};

/** What a caller may leave open. */
export interface MineWishes {
  /** @default "census" */
  method?: string;
  /** @default every normal token */
  candidates?: CandidateChoice;
  /** @default everything */
  budget?: Budget;
  /** @default 0 */
  seed?: number;
  /** @default the method's own: 8 of the census, 32 of glitchminer and glitcher */
  neighbours?: number;
  /** @default 96, what a batch holds; 384 when everything is probed and nothing is learnt between pages */
  pageSize?: number;
  /** @default 0.1; 0 when everything is probed and nothing can be missed */
  audit?: number;
  /** @default 128 */
  controls?: number;
  /** @default null */
  templates?: readonly string[] | null;
  /** Null: none. @default one greedy attempt, 16 new tokens, threshold 0.5 */
  validation?: Partial<ValidationSettings> | null;
}

/**
 * Fills in the defaults and checks the values.
 * @throws USAGE
 */
export function mineSettings(wishes: MineWishes = {}): MineSettings {
  const {
    method = "census",
    candidates = { mode: "entropy" },
    budget = { all: true },
    seed = 0,
    controls = 128,
    templates = null,
  } = wishes;
  const isWhole = budget.all === true || budget.share === 1;
  const { pageSize = isWhole ? 384 : 96, audit = isWhole ? 0 : 0.1 } = wishes;
  known("method", [method], ORDER_METHODS);
  checkCandidates(candidates);
  const { neighbours = ORDER_METHODS.find(({ id }) => id === method)?.neighbours ?? 8 } = wishes;
  if (templates) known("template", templates, PROBE_TEMPLATES);
  if (templates?.length === 0) throw new AppError("USAGE", "A mine needs at least one template.");
  whole("seed", seed, 0, 2 ** 32 - 1);
  whole("number of neighbours", neighbours, 1, 1024);
  whole("page size", pageSize, 1, 4096);
  if (!(audit >= 0 && audit <= 0.9))
    throw new AppError("USAGE", `The audit's share ${audit} is not from 0 to 0.9.`);
  whole("number of controls", controls, 16, 4096);
  const validation =
    wishes.validation === null ? null : { attempts: 1, maxTokens: 16, threshold: 0.5, ...wishes.validation };
  if (validation) {
    whole("number of attempts", validation.attempts, 1, 1000);
    whole("number of validation tokens", validation.maxTokens, 1, 4096);
    // At 0 every token would be a glitch.
    if (!(validation.threshold > 0 && validation.threshold <= 1))
      throw new AppError("USAGE", `The ASR threshold ${validation.threshold} is not above 0 and at most 1.`);
  }
  return { method, candidates, budget, seed, neighbours, pageSize, audit, controls, templates, validation };
}

function known(what: string, wanted: readonly string[], registry: readonly { id: string }[]): void {
  const ids = registry.map(({ id }) => id);
  for (const id of wanted)
    if (!ids.includes(id))
      throw new AppError("USAGE", `There is no ${what} "${id}".`, { hint: `Choose from ${ids.join(", ")}.` });
}

function whole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new AppError("USAGE", `The ${what} must be a whole number from ${least} to ${most}, got ${value}.`);
}
