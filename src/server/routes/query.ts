/** Values in an address. */

import type { Context } from "hono";
import { AppError } from "../../errors.ts";

/**
 * A whole number of the query; undefined if it is not there.
 * @throws USAGE
 */
export function wholeQuery(
  c: Context,
  name: string,
  { from, to }: { from: number; to: number },
): number | undefined {
  const text = c.req.query(name);
  return text === undefined ? undefined : wholeNumber(text, name, { from, to });
}

/** @throws USAGE that names what is wrong */
export function wholeNumber(text: string, name: string, { from, to }: { from: number; to: number }): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new AppError("USAGE", `${name} is wrong.`, {
    hint: `Write a whole number from ${from} to ${to}.`,
    details: { param: name },
  });
}
