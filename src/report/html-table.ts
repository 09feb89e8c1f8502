/** A plain HTML table that scrolls sideways by itself where a phone is too narrow for it. */

import { escapeHtml } from "./escape.ts";

/** A column's head and kind. */
export interface HtmlColumn {
  readonly title: string;
  /** Figures stand at the right. */
  readonly isNumber?: boolean;
}

/** A row's texts and how it looks. */
export interface HtmlRow {
  /** One text per column; the first is the row's head. */
  readonly cells: readonly string[];
  /** Greyed out. */
  readonly isDropped?: boolean;
  /** Draws a bar of this length, 0 to 1, behind the cell of that column. */
  readonly bar?: { readonly column: number; readonly share: number };
}

/** Markup of a table; every text is escaped. */
export function htmlTable(columns: readonly HtmlColumn[], rows: readonly HtmlRow[]): string {
  const head = columns.map(
    ({ title, isNumber }) => `<th scope="col"${isNumber ? ' class="number"' : ""}>${escapeHtml(title)}</th>`,
  );
  const body = rows.map(({ cells, isDropped, bar }) => {
    const row = cells.map((text, index) => {
      if (index === 0) return `<th scope="row">${escapeHtml(text)}</th>`;
      const isBar = bar?.column === index && Number.isFinite(bar.share);
      const kinds = [columns[index]?.isNumber ? "number" : "", isBar ? "share" : ""]
        .filter(Boolean)
        .join(" ");
      const style = isBar ? ` style="--share:${Math.min(1, Math.max(0, bar.share))}"` : "";
      return `<td${kinds && ` class="${kinds}"`}${style}>${escapeHtml(text)}</td>`;
    });
    return `<tr${isDropped ? ' class="dropped"' : ""}>${row.join("")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head.join("")}</tr></thead>
<tbody>${body.join("\n")}</tbody></table></div>`;
}
