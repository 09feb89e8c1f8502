/** The best next tokens after several forms of a prompt, side by side. */

import { formatFigure } from "../../report/index.ts";
import { formatTable } from "../table.ts";
import type { Prediction } from "./predictions.ts";

/** One row a rank, two columns a form. */
export function topTable(forms: readonly Pick<Prediction, "form" | "top">[]): string {
  const columns = forms.flatMap(({ form }) => [{ title: form }, { title: "p", align: "right" } as const]);
  const rows = Array.from({ length: Math.max(...forms.map(({ top }) => top.length)) }, (_, i) =>
    forms.flatMap(({ top }) => [top[i]?.text ?? "", top[i] === undefined ? "" : formatFigure(top[i].p)]),
  );
  return formatTable(
    [{ title: "#", align: "right" }, ...columns],
    rows.map((row, i) => [String(i + 1), ...row]),
  );
}
