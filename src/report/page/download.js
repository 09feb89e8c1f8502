// @ts-check
/** What the reader can take away: the rows as CSV, the whole result as JSON. */

/** @typedef {import("../../glitch/evidence.ts").TokenEvidence} TokenEvidence */
/** @typedef {string | number | undefined | null} Cell */

/**
 * One line a token, every indicator a column.
 * @type {(tokens: readonly TokenEvidence[]) => string}
 */
export function csv(tokens) {
  const names = [...new Set(tokens.flatMap((token) => Object.keys(token.indicators)))];
  const fields = /** @type {const} */ ([
    "id",
    "text",
    "class",
    "verdict",
    "p",
    "rank",
    "entropy",
    "asr",
    "asrLow",
    "asrHigh",
  ]);
  const lines = tokens.map((token) => [
    ...fields.map((field) => token[field]),
    ...names.map((name) => token.indicators[name]),
  ]);
  return [[...fields, ...names], ...lines].map((cells) => cells.map(quote).join(",")).join("\r\n");
}

/**
 * A spreadsheet runs text that begins like a formula, so such text gets an apostrophe.
 * @type {(cell: Cell) => string}
 */
function quote(cell) {
  if (typeof cell !== "string") return cell === undefined || cell === null ? "" : String(cell);
  return `"${(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
}

/** @type {(name: string, type: string, text: string) => void} */
export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
