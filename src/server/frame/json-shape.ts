/** Parses JSON from outside into a value that is safe to walk by recursion and to copy. */

import { AppError } from "../../errors.ts";

/** Schemas of tools go ten or twenty levels down; a stack takes thousands, so this is between. */
const MOST_LEVELS = 100;

/**
 * Of a key that comes twice the last value counts, as everywhere in JavaScript.
 * @throws USAGE for what is not JSON, goes too deep, or has a key __proto__, which copying would make a prototype
 */
export function parseJson(text: string, mostLevels = MOST_LEVELS): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const hint = "Send one JSON document in UTF-8; comments and trailing commas are not JSON.";
    throw new AppError("USAGE", "The request's body is not JSON.", { hint, cause });
  }
  // A list and not recursion: what is to be found out is whether recursion would end.
  let level: object[] = isObject(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > mostLevels)
      throw new AppError("USAGE", `The request's JSON is more than ${mostLevels} levels deep.`);
    const below: object[] = [];
    for (const parent of level) {
      if (Object.hasOwn(parent, "__proto__"))
        throw new AppError("USAGE", "A field of the request is called __proto__, which is not taken.");
      for (const child of Object.values(parent)) if (isObject(child)) below.push(child);
    }
    level = below;
  }
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
