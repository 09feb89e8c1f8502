// @ts-check
/**
 * The verdict table of the mine report: search, filters, sorting, pages, evidence, downloads. It runs in the
 * reader's browser from a file: it asks for nothing, and data enters the page as text, never as markup.
 * mine-page-text.ts holds it bundled as a string; `npx vitest run --project unit src/report -u` renews it.
 */

import { button, byId, input } from "./dom.js";
import { csv, download } from "./download.js";
import { tokenRows } from "./token-rows.js";

/** @typedef {import("../../glitch/evidence.ts").MineResult} MineResult */
/** @typedef {import("../../glitch/evidence.ts").TokenEvidence} TokenEvidence */
/** @typedef {string | number | undefined | null} Cell */

const VERDICTS = ["glitch", "uncertain", "normal", "untested"];
const SCREEN_ROWS = 50;
// Enough for every glitch of most models; more would be a stack of paper.
const PRINT_ROWS = 500;

const json = byId("result").textContent ?? "";
const result = /** @type {MineResult} */ (JSON.parse(json));
const texts = new Map(result.tokens.map((token) => [token.id, token.text]));
const textOf = (/** @type {number} */ id) => texts.get(id) ?? `id ${id}`;
/** What the search looks through; a typed space finds the mark that shows one. */
const haystacks = new Map(result.tokens.map((token) => [token.id, fold(token.text)]));

const state = {
  sort: "p",
  descending: false,
  page: 0,
  rows: SCREEN_ROWS,
  /** @type {Set<number>} */
  open: new Set(),
};

/** @type {Record<string, (token: TokenEvidence) => Cell>} */
const columns = {
  id: (token) => token.id,
  text: (token) => token.text,
  class: (token) => token.class,
  verdict: (token) => VERDICTS.indexOf(token.verdict),
  p: (token) => token.p,
  rank: (token) => token.rank,
  entropy: (token) => token.entropy,
  asr: (token) => token.asr,
  indicator: (token) => token.indicators[input("indicator").value],
};

/** @type {TokenEvidence[]} */
let shown = [];

/** Filters and sorts anew, then draws. */
function update() {
  const search = fold(input("search").value);
  const [verdict, tokenClass] = [input("verdict").value, input("class").value];
  const column = columns[state.sort] ?? ((token) => token.id);
  const sign = state.descending ? -1 : 1;
  shown = result.tokens
    .filter(
      (token) =>
        (verdict === "" || token.verdict === verdict) &&
        (tokenClass === "" || token.class === tokenClass) &&
        isFound(token, search),
    )
    .map((token) => ({ token, cell: column(token) }))
    .sort((a, b) => compare(a.cell, b.cell, sign) || a.token.id - b.token.id)
    .map(({ token }) => token);
  state.page = 0;
  draw();
}

/**
 * By text, by number, or by `id:` and the number alone.
 * @type {(token: TokenEvidence, search: string) => boolean}
 */
function isFound({ id, text }, search) {
  if (search.startsWith("id:")) return search === `id:${id}`;
  return search === "" || search === String(id) || (haystacks.get(id) ?? text).includes(search);
}

/**
 * Unknown figures stay last whichever way the column is sorted.
 * @type {(a: Cell, b: Cell, sign: number) => number}
 */
function compare(a, b, sign) {
  if (a === b) return 0;
  if (a === undefined || a === null) return 1;
  if (b === undefined || b === null) return -1;
  return a < b ? -sign : sign;
}

function draw() {
  const first = state.page * state.rows;
  const page = shown.slice(first, first + state.rows);
  const indicator = input("indicator").value;
  const rows = page.flatMap((token) =>
    tokenRows(token, { isOpen: state.open.has(token.id), indicator, textOf }),
  );
  byId("rows").replaceChildren(...rows);
  const count = (/** @type {number} */ value) => value.toLocaleString("en-US");
  byId("place").textContent =
    page.length === 0
      ? "No token fits."
      : `${count(first + 1)}–${count(first + page.length)} of ${count(shown.length)}`;
  for (const id of ["first", "previous"]) button(id).disabled = first === 0;
  for (const id of ["next", "last"]) button(id).disabled = first + state.rows >= shown.length;
  for (const head of document.querySelectorAll("th[data-column]")) {
    const isSorted = head.getAttribute("data-column") === state.sort;
    head.setAttribute("aria-sort", isSorted ? (state.descending ? "descending" : "ascending") : "none");
  }
}

/** @type {(text: string) => string} */
function fold(text) {
  return text.toLowerCase().replaceAll("▁", " ");
}

/** @type {(id: number) => void} */
function toggle(id) {
  if (!state.open.delete(id)) state.open.add(id);
  draw();
  // The button was drawn anew; without this a keyboard would start again at the top of the page.
  byId(`toggle-${id}`).focus({ preventScroll: true });
}

/** @type {(page: number) => void} */
function turn(page) {
  state.page = page;
  draw();
}

byId("head").addEventListener("click", (event) => {
  const column = /** @type {Element} */ (event.target).closest("th")?.getAttribute("data-column");
  if (column == null) return;
  state.descending = state.sort === column && !state.descending;
  state.sort = column;
  update();
});
byId("rows").addEventListener("click", (event) => {
  const row = /** @type {Element} */ (event.target).closest("[data-row]");
  // Selecting a token's text to copy it must not close the row.
  if (row !== null && document.getSelection()?.isCollapsed !== false)
    toggle(Number(row.getAttribute("data-row")));
});
document.querySelector("#scatter-plot")?.addEventListener("click", (event) => {
  const id = /** @type {Element} */ (event.target).closest("[data-id]")?.getAttribute("data-id");
  if (id == null) return;
  for (const name of ["verdict", "class"]) input(name).value = "";
  input("search").value = `id:${id}`;
  state.open.add(Number(id));
  update();
  byId("verdicts").scrollIntoView();
});
for (const id of ["search", "verdict", "class", "indicator"]) byId(id).addEventListener("input", update);
byId("first").addEventListener("click", () => turn(0));
byId("previous").addEventListener("click", () => turn(state.page - 1));
byId("next").addEventListener("click", () => turn(state.page + 1));
byId("last").addEventListener("click", () => turn(Math.ceil(shown.length / state.rows) - 1));
byId("csv").addEventListener("click", () => download(`${result.run}.csv`, "text/csv", csv(shown)));
byId("json").addEventListener("click", () => download(`${result.run}.json`, "application/json", json));
addEventListener("beforeprint", () => {
  state.rows = PRINT_ROWS;
  turn(0);
});
addEventListener("afterprint", () => {
  state.rows = SCREEN_ROWS;
  turn(0);
});
if (result.counts.glitch > 0) input("verdict").value = "glitch";
update();
