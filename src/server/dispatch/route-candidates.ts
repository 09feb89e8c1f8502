/** What the router has to know of each model, asked of the fleet and, where a model is loaded, of its tokenizer. */

import type { AnswerRequest, GuardMode } from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";
import type { Fleet, ServedModel } from "../../fleet/index.ts";
import type { RouteCandidate } from "../../route/index.ts";
import { type Attempt, type AttemptParts, type AttemptRequest, startAttempt } from "./attempt.ts";

/** What was found out about one model and this request. */
interface Finding {
  readonly promptTokens: number;
  readonly glitches: number;
  /** Ready to run; undefined where the model cannot take the request. */
  readonly attempt: Attempt | undefined;
  /** Why it cannot. */
  readonly error: unknown;
}

/** Attempts begun for one request; those that are not used are given back together. */
export interface Candidates {
  /** As they stand now. */
  list(): RouteCandidate[];
  /** Tries one that has not been tried. @throws what says nothing about this model alone */
  explore(model: string): Promise<void>;
  /** The attempt on a model that was explored; undefined if there is none that can run. */
  take(model: string): Attempt | undefined;
  explored(model: string): boolean;
  /** Why an explored model cannot take the request. */
  errorOf(model: string): unknown;
  giveBack(): void;
}

/** Refusals of one model that another may not share. */
const OF_ONE_MODEL = new Set([
  "CONTEXT_FULL",
  "OUT_OF_MEMORY",
  "MODEL_LOAD",
  "MODEL_INVALID",
  "BUSY",
  "RUNNER_LOST",
]);

/** A prompt in nobody's tokens yet. English has about four characters a token; this errs on the side of more. */
const CHARACTERS_PER_TOKEN = 3;

/** Explores all models that are loaded; the others are judged by what those found. */
export async function gatherCandidates(parts: AttemptParts, request: AttemptRequest): Promise<Candidates> {
  const findings = new Map<string, Finding>();
  const routed = routableModels(parts.fleet);

  const explore = async (model: string) => {
    try {
      const attempt = await startAttempt(parts, model, request);
      const { generate, guard } = attempt.prepared;
      const promptTokens = generate.prompt.length;
      findings.set(model, { promptTokens, glitches: guard.findings.length, attempt, error: undefined });
    } catch (error) {
      if (!isAppError(error) || !OF_ONE_MODEL.has(error.code)) throw error;
      const counted = Number(error.details?.promptTokens);
      const promptTokens = Number.isFinite(counted) ? counted : estimateTokens(request.answer);
      findings.set(model, { promptTokens, glitches: 0, attempt: undefined, error });
    }
  };
  const giveBack = () => {
    for (const { attempt } of findings.values()) attempt?.giveBack();
  };

  try {
    for (const { entry, state } of routed) if (state === "ready") await explore(entry.id);
  } catch (error) {
    giveBack();
    throw error;
  }
  return {
    list: () =>
      routableModels(parts.fleet).map((served) =>
        candidateOf(served, findings, { fleet: parts.fleet, answer: request.answer, guard: request.guard }),
      ),
    explore,
    explored: (model) => findings.has(model),
    errorOf: (model) => findings.get(model)?.error,
    take(model) {
      const attempt = findings.get(model)?.attempt;
      if (attempt !== undefined) findings.set(model, { ...findings.get(model)!, attempt: undefined });
      return attempt;
    },
    giveBack,
  };
}

/** Models with a tier; where none has one, all of them. */
export function routableModels(fleet: Fleet): ServedModel[] {
  const models = fleet.models();
  const tiered = models.filter(({ entry }) => entry.tier !== undefined);
  return tiered.length > 0 ? tiered : [...models];
}

function candidateOf(
  served: ServedModel,
  findings: ReadonlyMap<string, Finding>,
  { fleet, answer, guard }: { fleet: Fleet; answer: AnswerRequest; guard: GuardMode },
): RouteCandidate {
  const { entry, facts, state, usage, leases, speed } = served;
  const own = findings.get(entry.id);
  const failed = own?.error !== undefined && !isFull(own.error);
  const others = [...findings.values()].map(({ promptTokens }) => promptTokens);
  const active = usage?.active ?? 0;
  return {
    model: entry.id,
    tier: entry.tier ?? "large",
    context: facts.context,
    promptTokens: own?.promptTokens ?? (others.length > 0 ? Math.max(...others) : estimateTokens(answer)),
    loaded: state === "ready",
    fits: !failed && (state === "ready" || hasRoom(served, fleet)),
    active,
    // Requests that wait for the model itself have not come to its queue yet.
    waiting: Math.max(usage?.waiting ?? 0, leases - active - (own?.attempt ? 1 : 0)),
    promptSpeed: speed.prompt,
    generationSpeed: speed.generation,
    glitches: guard === "route" ? (own?.glitches ?? 0) : 0,
  };
}

/** Room that there is, or that idle models would make. */
function hasRoom({ entry, memory }: ServedModel, fleet: Fleet): boolean {
  const held = fleet
    .models()
    .filter((other) => other.entry.id !== entry.id && other.leases > 0 && other.state !== "unloaded")
    .reduce((sum, other) => sum + Math.max(other.memory.predicted, other.memory.resident ?? 0), 0);
  return held + memory.predicted <= fleet.memory().budget;
}

function estimateTokens({ input }: AnswerRequest): number {
  if (input.type === "ids") return input.ids.length;
  const characters =
    input.type === "text"
      ? input.text.length
      : input.messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function isFull(error: unknown): boolean {
  return isAppError(error) && error.code === "CONTEXT_FULL";
}
