/** Finds where two settings differ, for the message that refuses a resume. */

export interface SettingDifference {
  /** Dotted path: "budget.probes". */
  readonly path: string;
  readonly stored: unknown;
  readonly given: unknown;
}

/**
 * The first place where `given` differs from `stored`, which has been through JSON: there undefined is
 * absent, NaN is null and a Date is a string, so `given` is read the same way.
 */
export function firstDifference(stored: object, given: object): SettingDifference | undefined {
  return compare(stored, JSON.parse(JSON.stringify(given)), "");
}

function compare(stored: unknown, given: unknown, path: string): SettingDifference | undefined {
  if (isObject(stored) && isObject(given) && Array.isArray(stored) === Array.isArray(given)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(given)])) {
      const found = compare(stored[key], given[key], path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return stored === given ? undefined : { path, stored, given };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
