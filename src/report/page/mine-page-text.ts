/** The browser script of the mine report as text. Bundled from mine-page.js by this file's test; edit that one. */
export const MINE_PAGE = `
var byId = (id) => (
  /** @type {HTMLElement} */
  document.getElementById(id)
);
var input = (id) => (
  /** @type {HTMLInputElement} */
  byId(id)
);
var button = (id) => (
  /** @type {HTMLButtonElement} */
  byId(id)
);
function node(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function code(text) {
  return node("code", {}, visible(text));
}
function visible(text) {
  return text.replace(/\\n/g, "⏎").replace(/[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]/gu, (one) => \`\\\\u{\${one.codePointAt(0)?.toString(16)}}\`);
}
function table(caption, heads, rows) {
  const head = node("tr", {}, ...heads.map((text) => node("th", { scope: "col" }, text)));
  const body = rows.map(
    (cells) => node("tr", {}, ...cells.map((cell, at) => node("td", { "data-head": heads[at] ?? "" }, cell)))
  );
  return node("table", {}, node("caption", {}, caption), node("thead", {}, head), node("tbody", {}, ...body));
}
function figure(value) {
  if (value === void 0 || value === null) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  return Number.isInteger(value) ? value.toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
function percent(share) {
  return share === void 0 || share === null ? "–" : \`\${Math.round(share * 100)}%\`;
}

function csv(tokens) {
  const names = [...new Set(tokens.flatMap((token) => Object.keys(token.indicators)))];
  const fields = (
    /** @type {const} */
    [
      "id",
      "text",
      "class",
      "verdict",
      "p",
      "rank",
      "entropy",
      "asr",
      "asrLow",
      "asrHigh"
    ]
  );
  const lines = tokens.map((token) => [
    ...fields.map((field) => token[field]),
    ...names.map((name) => token.indicators[name])
  ]);
  return [[...fields, ...names], ...lines].map((cells) => cells.map(quote).join(",")).join("\\r\\n");
}
function quote(cell) {
  if (typeof cell !== "string") return cell === void 0 || cell === null ? "" : String(cell);
  return \`"\${(/^[=+\\-@\\t\\r]/.test(cell) ? \`'\${cell}\` : cell).replaceAll('"', '""')}"\`;
}
function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function tokenRows(token, { isOpen, indicator, textOf: textOf2 }) {
  const toggle2 = node(
    "button",
    { type: "button", id: \`toggle-\${token.id}\`, class: "toggle", "aria-expanded": String(isOpen) },
    String(token.id)
  );
  const asr = token.asr == null ? "–" : \`\${percent(token.asr)} (\${percent(token.asrLow)}–\${percent(token.asrHigh)})\`;
  const row = node(
    "tr",
    { class: "token", "data-row": String(token.id) },
    node("td", { class: "number" }, toggle2),
    node("td", {}, code(token.text)),
    node("td", { class: "wide" }, token.class),
    node("td", {}, node("span", { class: \`verdict \${token.verdict}\` }, token.verdict)),
    node("td", { class: "number" }, figure(token.p)),
    node("td", { class: "number wide" }, figure(token.rank)),
    node("td", { class: "number wide" }, figure(token.entropy)),
    node("td", { class: "number wide" }, asr),
    node("td", { class: "number wide" }, figure(token.indicators[indicator]))
  );
  return isOpen ? [row, node("tr", { class: "evidence" }, node("td", { colspan: "9" }, ...evidence(token, textOf2)))] : [row];
}
function evidence(token, textOf2) {
  const parts = [];
  if (token.error !== void 0)
    parts.push(node("p", { class: "error" }, \`Not tested: \${visible(token.error)}\`));
  if (token.probes.length > 0)
    parts.push(
      table(
        "Prompts: what the model put in the token's place",
        ["template", "outcome", "p(token)", "rank", "entropy", "most probable instead"],
        token.probes.map((probe) => [
          visible(probe.template),
          probe.failed ? "failed" : "passed",
          figure(probe.p),
          figure(probe.rank),
          figure(probe.entropy),
          node("ol", { class: "top" }, ...probe.top.map(({ id, p }) => chance(id, textOf2(id), p)))
        ])
      )
    );
  if (token.attempts !== void 0 && token.attempts.length > 0)
    parts.push(
      table(
        "Attempts: what the model wrote when asked for it",
        ["prompt", "attempt", "seed", "temperature", "repeated", "text"],
        token.attempts.map((attempt) => [
          visible(attempt.prompt),
          String(attempt.attempt),
          String(attempt.seed),
          String(attempt.temperature),
          attempt.repeated ? "yes" : "no",
          code(attempt.text)
        ])
      )
    );
  const facts = [
    ["class", token.class],
    ["rank", figure(token.rank)],
    ["entropy", figure(token.entropy)],
    ...Object.entries(token.indicators).map(([name, value]) => [visible(name), figure(value)])
  ];
  parts.push(
    node(
      "dl",
      { class: "facts" },
      ...facts.map(
        ([name, value]) => node("div", {}, node("dt", {}, name ?? ""), node("dd", {}, value ?? ""))
      )
    )
  );
  return parts;
}
function chance(id, text, p) {
  const item = node("li", { title: \`id \${id}\` }, code(text), \` \${figure(p)}\`);
  item.style.setProperty("--share", String(p));
  return item;
}

var VERDICTS = ["glitch", "uncertain", "normal", "untested"];
var SCREEN_ROWS = 50;
var PRINT_ROWS = 500;
var json = byId("result").textContent ?? "";
var result = (
  /** @type {MineResult} */
  JSON.parse(json)
);
var texts = new Map(result.tokens.map((token) => [token.id, token.text]));
var textOf = (id) => texts.get(id) ?? \`id \${id}\`;
var haystacks = new Map(result.tokens.map((token) => [token.id, fold(token.text)]));
var state = {
  sort: "p",
  descending: false,
  page: 0,
  rows: SCREEN_ROWS,
  /** @type {Set<number>} */
  open: /* @__PURE__ */ new Set()
};
var columns = {
  id: (token) => token.id,
  text: (token) => token.text,
  class: (token) => token.class,
  verdict: (token) => VERDICTS.indexOf(token.verdict),
  p: (token) => token.p,
  rank: (token) => token.rank,
  entropy: (token) => token.entropy,
  asr: (token) => token.asr,
  indicator: (token) => token.indicators[input("indicator").value]
};
var shown = [];
function update() {
  const search = fold(input("search").value);
  const [verdict, tokenClass] = [input("verdict").value, input("class").value];
  const column = columns[state.sort] ?? ((token) => token.id);
  const sign = state.descending ? -1 : 1;
  shown = result.tokens.filter(
    (token) => (verdict === "" || token.verdict === verdict) && (tokenClass === "" || token.class === tokenClass) && isFound(token, search)
  ).map((token) => ({ token, cell: column(token) })).sort((a, b) => compare(a.cell, b.cell, sign) || a.token.id - b.token.id).map(({ token }) => token);
  state.page = 0;
  draw();
}
function isFound({ id, text }, search) {
  if (search.startsWith("id:")) return search === \`id:\${id}\`;
  return search === "" || search === String(id) || (haystacks.get(id) ?? text).includes(search);
}
function compare(a, b, sign) {
  if (a === b) return 0;
  if (a === void 0 || a === null) return 1;
  if (b === void 0 || b === null) return -1;
  return a < b ? -sign : sign;
}
function draw() {
  const first = state.page * state.rows;
  const page = shown.slice(first, first + state.rows);
  const indicator = input("indicator").value;
  const rows = page.flatMap(
    (token) => tokenRows(token, { isOpen: state.open.has(token.id), indicator, textOf })
  );
  byId("rows").replaceChildren(...rows);
  const count = (value) => value.toLocaleString("en-US");
  byId("place").textContent = page.length === 0 ? "No token fits." : \`\${count(first + 1)}–\${count(first + page.length)} of \${count(shown.length)}\`;
  for (const id of ["first", "previous"]) button(id).disabled = first === 0;
  for (const id of ["next", "last"]) button(id).disabled = first + state.rows >= shown.length;
  for (const head of document.querySelectorAll("th[data-column]")) {
    const isSorted = head.getAttribute("data-column") === state.sort;
    head.setAttribute("aria-sort", isSorted ? state.descending ? "descending" : "ascending" : "none");
  }
}
function fold(text) {
  return text.toLowerCase().replaceAll("▁", " ");
}
function toggle(id) {
  if (!state.open.delete(id)) state.open.add(id);
  draw();
  byId(\`toggle-\${id}\`).focus({ preventScroll: true });
}
function turn(page) {
  state.page = page;
  draw();
}
byId("head").addEventListener("click", (event) => {
  const column = (
    /** @type {Element} */
    event.target.closest("th")?.getAttribute("data-column")
  );
  if (column == null) return;
  state.descending = state.sort === column && !state.descending;
  state.sort = column;
  update();
});
byId("rows").addEventListener("click", (event) => {
  const row = (
    /** @type {Element} */
    event.target.closest("[data-row]")
  );
  if (row !== null && document.getSelection()?.isCollapsed !== false)
    toggle(Number(row.getAttribute("data-row")));
});
document.querySelector("#scatter-plot")?.addEventListener("click", (event) => {
  const id = (
    /** @type {Element} */
    event.target.closest("[data-id]")?.getAttribute("data-id")
  );
  if (id == null) return;
  for (const name of ["verdict", "class"]) input(name).value = "";
  input("search").value = \`id:\${id}\`;
  state.open.add(Number(id));
  update();
  byId("verdicts").scrollIntoView();
});
for (const id of ["search", "verdict", "class", "indicator"]) byId(id).addEventListener("input", update);
byId("first").addEventListener("click", () => turn(0));
byId("previous").addEventListener("click", () => turn(state.page - 1));
byId("next").addEventListener("click", () => turn(state.page + 1));
byId("last").addEventListener("click", () => turn(Math.ceil(shown.length / state.rows) - 1));
byId("csv").addEventListener("click", () => download(\`\${result.run}.csv\`, "text/csv", csv(shown)));
byId("json").addEventListener("click", () => download(\`\${result.run}.json\`, "application/json", json));
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
`;
