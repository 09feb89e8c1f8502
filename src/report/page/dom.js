// @ts-check
/** Building blocks of the page: elements whose content is only ever text, and figures as format.ts writes them. */

/** @type {(id: string) => HTMLElement} */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {(id: string) => HTMLInputElement} */
export const input = (id) => /** @type {HTMLInputElement} */ (byId(id));
/** @type {(id: string) => HTMLButtonElement} */
export const button = (id) => /** @type {HTMLButtonElement} */ (byId(id));

/** @type {(name: string, attributes: Record<string, string>, ...children: (Node | string)[]) => HTMLElement} */
export function node(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** @type {(text: string) => HTMLElement} */
export function code(text) {
  return node("code", {}, visible(text));
}

/**
 * Characters that hide text or turn its direction become escapes.
 * @type {(text: string) => string}
 */
export function visible(text) {
  return text
    .replace(/\n/g, "⏎")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}

/** @type {(caption: string, heads: string[], rows: (string | HTMLElement)[][]) => HTMLElement} */
export function table(caption, heads, rows) {
  const head = node("tr", {}, ...heads.map((text) => node("th", { scope: "col" }, text)));
  const body = rows.map((cells) =>
    node("tr", {}, ...cells.map((cell, at) => node("td", { "data-head": heads[at] ?? "" }, cell))),
  );
  return node("table", {}, node("caption", {}, caption), node("thead", {}, head), node("tbody", {}, ...body));
}

/** @type {(value: number | undefined | null) => string} */
export function figure(value) {
  if (value === undefined || value === null) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return Number.isInteger(value) ? value.toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}

/** @type {(share: number | undefined | null) => string} */
export function percent(share) {
  return share === undefined || share === null ? "–" : `${Math.round(share * 100)}%`;
}
