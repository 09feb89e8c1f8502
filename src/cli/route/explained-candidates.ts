/** The models that `assay serve` would choose between, from their headers and tokenizers alone. */

import { type AnswerRequest, prepareAnswer } from "../../answer/index.ts";
import { defaultContext, openLocalTokenizer, type Tokenizer } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { FleetEntry } from "../../fleet/index.ts";
import { describeModel, estimateMemory, memoryFacts, readGguf } from "../../models/index.ts";
import type { RouteCandidate } from "../../route/index.ts";
import type { CliContext } from "../context.ts";
import { fleetEntries } from "../serve/entries.ts";
import { entrySources } from "../serve/entries-sources.ts";

/**
 * Describes each: as if it were loaded and idle where it fits alone, since nothing is served here. Speeds and glitch
 * tokens are not known for the same reason.
 */
export async function explainedCandidates(
  context: CliContext,
  wishes: { small?: string | undefined; large?: string | undefined },
  request: AnswerRequest,
): Promise<RouteCandidate[]> {
  const entries = await fleetEntries(wishes, context.config, entrySources(context));
  // As the server does: models without a tier are routed to only if none has one.
  const tiered = entries.filter(({ tier }) => tier !== undefined);
  const candidates: RouteCandidate[] = [];
  for (const entry of tiered.length > 0 ? tiered : entries)
    candidates.push(await candidateOf(context, entry, request));
  return candidates;
}

async function candidateOf(
  { config, signal, logger, unsafeLib }: CliContext,
  { id, path, name, tier = "large", context }: FleetEntry,
  request: AnswerRequest,
): Promise<RouteCandidate> {
  const model = describeModel(await readGguf(path));
  const tokens = context ?? defaultContext(model.contextTrained);
  const { total } = estimateMemory(model, { context: tokens, kvType: config.kvType });
  const fits = total <= memoryFacts().available;
  const tokenizer = await openLocalTokenizer({ path, name, unsafeLib, signal, logger });
  try {
    return {
      ...{ model: id, tier, context: tokens, promptTokens: await countTokens(tokenizer, request) },
      ...{ loaded: fits, fits, active: 0, waiting: 0, glitches: 0 },
      ...{ promptSpeed: undefined, generationSpeed: undefined },
    };
  } finally {
    await tokenizer.close();
  }
}

/** As the model would get it: with its template and what tools and forms add. The answer's bound is the router's. */
async function countTokens(tokenizer: Tokenizer, request: AnswerRequest): Promise<number> {
  try {
    const { generate } = await prepareAnswer(tokenizer, { ...request, maxTokens: undefined });
    return generate.prompt.length;
  } catch (error) {
    // A prompt beyond what the model was trained for is a figure here, not a failure.
    if (isAppError(error) && error.code === "CONTEXT_FULL") return Number(error.details?.promptTokens);
    throw error;
  }
}
