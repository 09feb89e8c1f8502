import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, it } from "vitest";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it("mine-page-text.ts holds the bundled mine-page.js (renewed by -u)", async () => {
  const { outputFiles } = await build({
    entryPoints: [path("mine-page.js")],
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    write: false,
    legalComments: "none",
  });
  const source = outputFiles[0]!.text.replace(/^\/\/ .*\n/gm, "");
  const literal = source.replace(/[\\`]|\$(?=\{)/g, "\\$&");
  await expect(
    `/** The browser script of the mine report as text. Bundled from mine-page.js by this file's test; edit that one. */\nexport const MINE_PAGE = \`\n${literal}\`;\n`,
  ).toMatchFileSnapshot(path("mine-page-text.ts"));
});

it("the browser script type checks", async () => {
  const tsc = path("../../../node_modules/typescript/bin/tsc");
  const options = { cwd: path("../../..") };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [tsc, "-p", path("tsconfig.page.json")],
    options,
  ).catch((failure: { stdout: string }) => failure);
  // The result types lead to other rooms' files, which `npm run check` looks at without the browser's types.
  expect(stdout.split("\n").filter((line) => /^(?!src\/(?!report\/page\/)).*error TS/.test(line))).toEqual(
    [],
  );
}, 60_000);
