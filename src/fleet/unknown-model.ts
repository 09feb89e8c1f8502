/** The answer to a name that no model has. */

import { AppError } from "../errors.ts";
import { suggest } from "../suggest.ts";
import { visibleToken } from "../visible-token.ts";
import { AUTO } from "./check-entries.ts";
import type { Fleet } from "./fleet.ts";

/** No name is longer; what is longer is not compared and not shown whole. */
const MOST_CHARACTERS = 128;

/** MODEL_NOT_FOUND with the ids that are served, and the nearest name. */
export function unknownModel(name: string, fleet: Pick<Fleet, "models">): AppError {
  const entries = fleet.models().map(({ entry }) => entry);
  const ids = entries.map(({ id }) => id);
  const names = entries.flatMap(({ id, aliases }) => [id, ...aliases]);
  const near = name.length > MOST_CHARACTERS ? undefined : suggest(name, [...names, AUTO]);
  return new AppError(
    "MODEL_NOT_FOUND",
    `There is no model "${visibleToken(name.slice(0, MOST_CHARACTERS))}" here.`,
    {
      hint: `${near === undefined ? "" : `Did you mean ${near}? `}Served: ${ids.join(", ")}.`,
      details: { models: ids, ...(near !== undefined && { nearest: near }) },
    },
  );
}
