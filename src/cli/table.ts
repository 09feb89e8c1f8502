/** Rows in aligned columns, for people; programs read --json. */

import { fitText, textWidth } from "./text-width.ts";

export interface Column {
  readonly title: string;
  /** @default "left" */
  readonly align?: "left" | "right" | undefined;
  /** Longer cells are cut. @default 40 */
  readonly most?: number;
}

const GAP = "  ";
const MOST = 40;

/** The table's lines without trailing spaces; cells have to be printable. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => columns.map((column, i) => fitText(row[i] ?? "", column.most ?? MOST)));
  const all = [columns.map((column) => column.title), ...cells];
  const widths = columns.map((_column, i) => Math.max(...all.map((row) => textWidth(row[i]!))));
  return all
    .map((row) =>
      row
        .map((cell, i) => {
          const padding = " ".repeat(widths[i]! - textWidth(cell));
          return columns[i]!.align === "right" ? padding + cell : cell + padding;
        })
        .join(GAP)
        .trimEnd(),
    )
    .join("\n");
}
