// @ts-check
/** One token in the verdict table: its row and, opened, the evidence behind the verdict. */

import { code, figure, node, percent, table, visible } from "./dom.js";

/** @typedef {import("../../glitch/evidence.ts").TokenEvidence} TokenEvidence */

/**
 * @typedef {object} RowOptions
 * @property {boolean} isOpen
 * @property {string} indicator The one in the last column.
 * @property {(id: number) => string} textOf
 */

/** @type {(token: TokenEvidence, options: RowOptions) => HTMLElement[]} */
export function tokenRows(token, { isOpen, indicator, textOf }) {
  const toggle = node(
    "button",
    { type: "button", id: `toggle-${token.id}`, class: "toggle", "aria-expanded": String(isOpen) },
    String(token.id),
  );
  const asr =
    token.asr == null ? "–" : `${percent(token.asr)} (${percent(token.asrLow)}–${percent(token.asrHigh)})`;
  const row = node(
    "tr",
    { class: "token", "data-row": String(token.id) },
    node("td", { class: "number" }, toggle),
    node("td", {}, code(token.text)),
    node("td", { class: "wide" }, token.class),
    node("td", {}, node("span", { class: `verdict ${token.verdict}` }, token.verdict)),
    node("td", { class: "number" }, figure(token.p)),
    node("td", { class: "number wide" }, figure(token.rank)),
    node("td", { class: "number wide" }, figure(token.entropy)),
    node("td", { class: "number wide" }, asr),
    node("td", { class: "number wide" }, figure(token.indicators[indicator])),
  );
  return isOpen
    ? [row, node("tr", { class: "evidence" }, node("td", { colspan: "9" }, ...evidence(token, textOf)))]
    : [row];
}

/**
 * Everything known of one token: prompts, attempts, weights.
 * @type {(token: TokenEvidence, textOf: (id: number) => string) => HTMLElement[]}
 */
function evidence(token, textOf) {
  const parts = [];
  if (token.error !== undefined)
    parts.push(node("p", { class: "error" }, `Not tested: ${visible(token.error)}`));
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
          node("ol", { class: "top" }, ...probe.top.map(({ id, p }) => chance(id, textOf(id), p))),
        ]),
      ),
    );
  if (token.attempts !== undefined && token.attempts.length > 0)
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
          code(attempt.text),
        ]),
      ),
    );
  const facts = [
    ["class", token.class],
    ["rank", figure(token.rank)],
    ["entropy", figure(token.entropy)],
    ...Object.entries(token.indicators).map(([name, value]) => [visible(name), figure(value)]),
  ];
  parts.push(
    node(
      "dl",
      { class: "facts" },
      ...facts.map(([name, value]) =>
        node("div", {}, node("dt", {}, name ?? ""), node("dd", {}, value ?? "")),
      ),
    ),
  );
  return parts;
}

/** @type {(id: number, text: string, p: number) => HTMLElement} */
function chance(id, text, p) {
  const item = node("li", { title: `id ${id}` }, code(text), ` ${figure(p)}`);
  item.style.setProperty("--share", String(p));
  return item;
}
