/** `npm run docs` writes the generated pages; with --check it compares them and writes nothing. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderCliDoc } from "./cli-doc.ts";
import { renderErrorsDoc } from "./errors-doc.ts";

const PAGES = { "cli.md": renderCliDoc, "errors.md": renderErrorsDoc };

for (const [name, render] of Object.entries(PAGES)) {
  const path = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  const text = render();
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (process.argv.includes("--check")) {
    process.stderr.write(`docs/${name} is out of date: npm run docs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    process.stdout.write(`wrote docs/${name}\n`);
  }
}
