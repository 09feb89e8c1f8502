/** Which of the models that there are get an entry, and in which order. */

import { AppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import type { AgentModel } from "./agent-model.ts";
import type { ListedAgent } from "./server-models.ts";

/** AutoGen asks the first entry, and the next one only when that fails. */
const ORDER = { large: 0, small: 1 } as const;

/**
 * Those that were named, in that order; else each model once under its own id, the large ones first. "auto" gets an
 * entry only when it is named: behind that id are several models, and AutoGen's cache would mix their answers.
 * @throws USAGE for an id that there is not, or that is named twice
 */
export function chooseModels(
  listed: readonly ListedAgent[],
  wanted: readonly string[] | undefined,
): readonly AgentModel[] {
  if (wanted === undefined) {
    const rank = ({ tier }: AgentModel) => (tier === undefined ? 2 : ORDER[tier]);
    return listed
      .filter(({ id, aliasOf }) => aliasOf === undefined && id !== "auto")
      .sort((a, b) => rank(a) - rank(b))
      .map(agentModel);
  }
  const twice = wanted.find((id, at) => wanted.indexOf(id) !== at);
  if (twice !== undefined) throw new AppError("USAGE", `${visibleToken(twice)} is named twice.`);
  return wanted.map((id) => {
    const found = listed.find((model) => model.id === id);
    if (found === undefined) throw notThere(id, listed);
    return agentModel(found);
  });
}

function agentModel({ id, context, tier }: ListedAgent): AgentModel {
  return { id, context, tier };
}

function notThere(id: string, listed: readonly ListedAgent[]): AppError {
  const ids = listed.map((model) => model.id);
  const near = suggest(id, ids);
  const hint = near === undefined ? `There are: ${ids.slice(0, 12).join(", ")}.` : `Did you mean ${near}?`;
  return new AppError("USAGE", `No model is called ${visibleToken(id)}.`, { hint: visibleToken(hint) });
}
