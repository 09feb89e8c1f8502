/** Finds where two settings differ, for the message that refuses a resume. */

export interface SettingDifference {
  /** Dotted path: "budget.probes". */
  readonly path: string;
  readonly stored: unknown;
  readonly given: unknown;
}

/** The first place where `given` differs from `stored`, both read as JSON; undefined when they are equal. */
export function firstDifference(stored: unknown, given: unknown, path = ""): SettingDifference | undefined {
  if (isObject(stored) && isObject(given) && Array.isArray(stored) === Array.isArray(given)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(given)])) {
      const found = firstDifference(stored[key], given[key], path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  // Stored settings went through JSON: undefined is absent there, NaN is null, a Date is a string.
  return JSON.stringify(stored) === JSON.stringify(given) ? undefined : { path, stored, given };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}
