/** The frame of every report: one HTML file that works offline, and the section that tells how to repeat it. */

import { createHash } from "node:crypto";
import { escapeHtml, scriptJson } from "./escape.ts";
import { REPORT_CSS } from "./report-css.ts";

export interface HtmlPage {
  readonly title: string;
  /** Added to the style of all reports. */
  readonly css?: string;
  /** Safe HTML. */
  readonly main: string;
  /** The one script that may run, and what it reads from the element "result". */
  readonly script?: { readonly source: string; readonly result: unknown };
}

/** The whole file. Nothing may be fetched and only the given script, known by its hash, may run in it. */
export function htmlPage({ title, css = "", main, script }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(script?.source)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${REPORT_CSS}${css}</style>
</head>
<body>
<main>
${main}
</main>${
    script === undefined
      ? ""
      : `
<script type="application/json" id="result">${scriptJson(script.result)}</script>
<script type="module">${script.source}</script>`
  }
</body>
</html>
`;
}

function contentSecurityPolicy(script: string | undefined): string {
  const ours =
    script === undefined
      ? ""
      : ` script-src 'sha256-${createHash("sha256").update(script).digest("base64")}';`;
  return `default-src 'none'; style-src 'unsafe-inline';${ours} base-uri 'none'; form-action 'none'`;
}

/** Where a report came from: the command, and the facts it depends on. */
export function originSection(
  command: string | undefined,
  facts: readonly (readonly [name: string, value: string])[],
  note?: string,
): string {
  const items = facts.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd><code>${escapeHtml(value)}</code></dd></div>`,
  );
  const lines = [
    "<h2>These figures again</h2>",
    ...(command === undefined
      ? []
      : [
          `${note === undefined ? "" : `<p class="note">${escapeHtml(note)}</p>`}<code class="command">${escapeHtml(command)}</code>`,
        ]),
    `<dl class="facts">${items.join("\n")}</dl>`,
  ];
  return lines.join("\n");
}
