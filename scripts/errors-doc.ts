/** docs/errors.md from the code table. */

import { ERROR_CODES } from "../src/errors.ts";

/** The whole page. */
export function renderErrorsDoc(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { exit, http, means }]) => `| \`${code}\` | ${exit} | ${http} | ${means} |`,
  );
  return `# Errors

Made from \`src/errors.ts\` by \`npm run docs\`; a test compares it.

What can be expected to fail has one of these codes, one line and a hint. With \`--json\` it is the document
\`{"schema": 1, "error": {"code", "message", "hint"}}\` on stdout. Anything else is a bug: it prints a stack,
has the code \`BUG\` and exits 70.

| code | exit status | HTTP status | meaning |
|---|---|---|---|
${rows.join("\n")}

## Exit statuses

| status | meaning |
|---|---|
| 0 | done |
| 1 | failed, or done in part: some items are rows with an error |
| 2 | usage or configuration |
| 3 | model or environment |
| 4 | more findings than \`--fail-on\` allows |
| 70 | a bug |
| 130 | interrupted; runs can be resumed |
`;
}
