/** The names of models: every one means one model, and none means what the server keeps for itself. */

import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";
import type { FleetEntry } from "./fleet.ts";

/** The router's name. */
export const AUTO = "auto";

/** Names stand in addresses, headers and logs. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$/;

/**
 * Passes entries whose ids and aliases can be told apart.
 * @throws CONFIG that names both users of a name
 */
export function checkEntries(entries: readonly FleetEntry[]): void {
  if (entries.length === 0)
    throw new AppError("CONFIG", "No model is to be served.", { hint: "Name one: assay serve MODEL" });
  const users = new Map<string, string>();
  for (const entry of entries) {
    take(entry.id, `the model ${visibleToken(entry.path)}`);
    for (const alias of entry.aliases) take(alias, `an alias of ${visibleToken(entry.id)}`);
  }

  function take(name: string, user: string): void {
    const shown = visibleToken(name.slice(0, 200));
    if (!NAME.test(name))
      throw new AppError("CONFIG", `"${shown}" cannot be a model's name (${user}).`, {
        hint: "A name has up to 128 letters, digits and . _ - : / @ +, and begins with a letter or digit.",
      });
    if (name === AUTO)
      throw new AppError("CONFIG", `"${AUTO}" cannot be ${user}: it asks the router to choose.`, {
        hint: "Take another name.",
      });
    const other = users.get(name);
    if (other !== undefined)
      throw new AppError("CONFIG", `The name ${shown} is given twice: to ${other} and to ${user}.`, {
        hint: "Give each model an id of its own, and each alias to one model.",
      });
    users.set(name, user);
  }
}
