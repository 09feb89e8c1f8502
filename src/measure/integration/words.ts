/** Figures and texts in the sentences of rows. */

import { visibleToken } from "../../visible-token.ts";

/** 32000 -> "32,000". */
export const count = (value: number) => value.toLocaleString("en-US");

/** 0.934 -> "93 %"; 99.6 % is not called 100. */
export function percent(share: number): string {
  const rounded = Math.round(100 * share);
  if (rounded === 100 && share < 1) return "99 %";
  return `${rounded === 0 && share > 0 ? "below 1" : rounded} %`;
}

/** Bytes as "14 MiB" or "24.62 GiB". */
export function bytes(value: number): string {
  return value >= 2 ** 30 ? `${(value / 2 ** 30).toFixed(2)} GiB` : `${Math.round(value / 2 ** 20)} MiB`;
}

/** The beginning of a text that a model or a file wrote, safe to show. */
export function shown(text: string, most = 40): string {
  const characters = [...text];
  return visibleToken(characters.slice(0, most).join("")) + (characters.length > most ? "…" : "");
}

/** A token's text, or its kind where it has none. */
export function shownToken(
  model: { tokenBytes(id: number): Uint8Array; tokenKind(id: number): string },
  id: number,
): string {
  const text = model.tokenBytes(id);
  return text.length > 0 ? visibleToken(text) : `<${model.tokenKind(id)} ${id}>`;
}
