// The generated pages are those that `npm run docs` would write now.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderCliDoc } from "../scripts/cli-doc.ts";
import { renderErrorsDoc } from "../scripts/errors-doc.ts";

it.each([
  ["cli.md", renderCliDoc],
  ["errors.md", renderErrorsDoc],
])("docs/%s is current", (name, render) => {
  const written = readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
  expect(render(), "run `npm run docs`").toBe(written);
});
