/** What `bench mining` was asked for, checked before anything is opened. */

import { basename, dirname, join } from "node:path";
import { AppError } from "../../errors.ts";
import { type Budget, ORDER_METHODS, type OrderMethod, parseBudget } from "../../glitch/index.ts";
import { suggest } from "../../suggest.ts";

/**
 * The methods of --methods, in its order; without it all.
 * @throws USAGE
 */
export function chooseMethods(text: string | undefined): OrderMethod[] {
  if (text === undefined) return [...ORDER_METHODS];
  const known = ORDER_METHODS.map(({ id }) => id);
  const wanted = parts(text, "--methods", `such as ${known.slice(0, 2).join(",")}`);
  return wanted.map((id) => {
    const method = ORDER_METHODS.find((one) => one.id === id);
    if (method) return method;
    const near = suggest(id, known);
    throw new AppError("USAGE", `There is no method "${id}".`, {
      hint: near ? `Did you mean ${near}?` : `Choose from ${known.join(", ")}.`,
    });
  });
}

/**
 * The budgets of --budgets.
 * @throws USAGE also for times and for everything, which cannot be compared by replay
 */
export function chooseBudgets(text: string): Budget[] {
  return parts(text, "--budgets", "such as 1%,5%").map((part) => {
    const budget = parseBudget(part);
    if (budget.seconds !== undefined)
      throw new AppError("USAGE", `The budget "${part}" is a time, and a replay takes none.`, {
        hint: 'Give shares ("5%") or numbers of probes ("400").',
      });
    if (budget.all === true || budget.share === 1)
      throw new AppError("USAGE", `At the budget "${part}" every method finds everything.`, {
        hint: 'Give shares under 100 % or numbers of probes ("400").',
      });
    return budget;
  });
}

/** `count` seeds from the run's seed on; after the greatest comes 0. */
export function chooseSeeds(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (first + index) >>> 0);
}

/**
 * A short name for each model file, none twice. Trained models often share their file's name, so the folder
 * stands for a plain "model", and before names that are not unique.
 */
export function modelLabels(models: readonly { name: string; path: string }[]): string[] {
  const short = models.map(({ name, path }) => (name === "model" ? basename(dirname(path)) : name));
  const isUnique = (labels: readonly string[], label: string) =>
    labels.filter((other) => other === label).length === 1;
  const long = models.map(({ name, path }) => join(basename(dirname(path)), name));
  return models.map(({ path }, index) => {
    if (isUnique(short, short[index]!)) return short[index]!;
    return isUnique(long, long[index]!) ? long[index]! : path;
  });
}

function parts(text: string, flag: string, example: string): string[] {
  const found = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (found.length === 0)
    throw new AppError("USAGE", `${flag} names none.`, { hint: `Write some, ${example}.` });
  return [...new Set(found)];
}
