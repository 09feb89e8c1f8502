/** What `assay profile` says: plain data for tables, plots and JSON. */

import type { ModelBench, ModelBenchRow } from "../models/model-bench.ts";
import { type Perplexity, type PerplexityRatio, perplexityRatio } from "./perplexity.ts";
import { type LossGrade, lossGrade, recommendUse } from "./recommend-use.ts";
import type { TimeShares } from "./time-shares.ts";
import { type FileVerdicts, type VerdictChanges, verdictChanges } from "./verdict-changes.ts";

/** What was measured of one file beside its speed. */
export interface DepthResult {
  readonly perplexity: Perplexity;
  readonly times: readonly TimeShares[];
  /** Undefined where no mine was asked for or none was possible. */
  readonly verdicts: FileVerdicts | undefined;
  /** What could not be done, one sentence each. */
  readonly notes: readonly string[];
}

/** One precision of the model. */
export interface ProfiledType {
  readonly type: string;
  /** Load, speed, memory. */
  readonly row: ModelBenchRow;
  readonly perplexity: Perplexity | undefined;
  /** Against the best precision; undefined for that one. */
  readonly ratio: PerplexityRatio | undefined;
  readonly loss: LossGrade;
  readonly times: readonly TimeShares[];
  readonly glitches: number | undefined;
  /** Run of the mine in the store. */
  readonly run: string | undefined;
  /** Against the best precision; undefined for that one. */
  readonly changes: VerdictChanges | undefined;
  readonly use: string;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly notes: readonly string[];
}

/** What a profile was asked to do. */
export interface ProfileFacts {
  readonly model: string;
  /** The file or folder the precisions are made of, and its own precision. */
  readonly source: { readonly path: string; readonly quantisation: string };
  readonly text: { readonly name: string; readonly characters: number };
  /** Of the mines, as --budget says it; undefined without mines. */
  readonly budget: string | undefined;
  readonly notes: readonly string[];
}

/** The whole profile. */
export interface ModelProfile extends ProfileFacts {
  readonly status: ModelBench["status"];
  readonly plan: ModelBench["plan"];
  /** The precision that the others are held against. */
  readonly best: string;
  readonly types: readonly ProfiledType[];
}

/** One precision with what came of it. */
export interface TypeParts {
  readonly type: string;
  readonly row: ModelBenchRow;
  readonly depth: DepthResult | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/**
 * Puts a profile together. The best precision is the largest file: of one model more bytes are more bits a weight.
 * @param parts at least one
 */
export function profileOf(
  facts: ProfileFacts,
  parts: readonly TypeParts[],
  { plan, machineBytes, isStopped }: { plan: ModelBench["plan"]; machineBytes: number; isStopped: boolean },
): ModelProfile {
  const best = parts.reduce((most, one) => (one.row.fileBytes > most.row.fileBytes ? one : most));
  const types = parts.map((one) => typeOf(one, best));
  const uses = recommendUse(
    types.map(({ type, row, ratio, changes }) => ({
      ...{ type, ratio, verdicts: changes },
      fileBytes: row.fileBytes,
      memoryBytes: row.estimate.total,
    })),
    { machineBytes, best: best.type },
  );
  const isWhole = types.every(({ error, row }) => error === undefined && row.status === "done");
  return {
    ...facts,
    status: isStopped ? "interrupted" : isWhole ? "done" : "partial",
    ...{ plan, best: best.type },
    types: types.map((one, index) => ({ ...one, use: uses[index]! })),
  };
}

function typeOf({ type, row, depth, error }: TypeParts, best: TypeParts): Omit<ProfiledType, "use"> {
  const isBest = type === best.type;
  const reference = isBest ? undefined : best.depth;
  const ratio = depth && reference && perplexityRatio(depth.perplexity, reference.perplexity);
  const isCompared = depth?.verdicts !== undefined && reference?.verdicts !== undefined;
  return {
    ...{ type, row, ratio, error: error ?? row.error },
    perplexity: depth?.perplexity,
    loss: lossGrade(ratio, isBest),
    times: depth?.times ?? [],
    glitches: depth?.verdicts?.glitches.length,
    run: depth?.verdicts?.run,
    changes: isCompared ? verdictChanges(depth.verdicts, reference.verdicts) : undefined,
    notes: depth?.notes ?? [],
  };
}
