/** One line of a verification: what was looked at, how it is, and the next step where it is not well. */

export interface ModelCheck {
  /** Stable: programs go by it. */
  readonly id: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** Every failure has one. */
  readonly hint?: string | undefined;
}

/** A check's finding, before it has its id. */
export type Finding = Omit<ModelCheck, "id">;

export const ok = (message: string): Finding => ({ status: "ok", message });
export const warn = (message: string, hint?: string): Finding => ({ status: "warn", message, hint });
export const fail = (message: string, hint: string): Finding => ({ status: "fail", message, hint });

/** The first few of a long list: "a, b, c and 4 more". */
export function firstFew(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(", ")} and ${rest} more` : items.join(", ");
}
