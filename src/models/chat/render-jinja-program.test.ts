// The realm that templates run in, seen by a library that is hostile itself: what a template could do at worst.

import { spawn } from "node:child_process";
import { on } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { RENDER_PROGRAM, type RenderMessage } from "./render-jinja-program.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-realm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Renders as a library would whose render() has this body, one value after the other. */
async function renderBy(body: string, values: readonly string[]): Promise<string[]> {
  const library = join(folder, "library.cjs");
  writeFileSync(
    library,
    `"use strict"; class Template { constructor(template) { this.parsed = { template }; } render(value) { ${body} } }
     module.exports = { Template };`,
  );
  const child = spawn(process.execPath, ["-e", RENDER_PROGRAM, library], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
    env: {},
  });
  const replies: string[] = [];
  for await (const [message] of on(child, "message") as AsyncIterable<[RenderMessage]>) {
    if (message.type !== "ready") replies.push(message.type === "text" ? message.text : message.type);
    if (replies.length === values.length) break;
    const request = { template: "t", values: JSON.stringify(values[replies.length]), orphanMs: 1_000 };
    child.send({ ...request, maxText: 1_000 });
  }
  child.kill("SIGKILL");
  return replies;
}

it.each([
  "Object.prototype.kept ??= value; return String({}.kept);",
  "Array.prototype.kept ??= value; return String([].kept);",
  "String.prototype.trim = () => value; return 'x'.trim();",
  "Object.getPrototypeOf(function* () {}).kept = value; return 'x';",
  "Object.getPrototypeOf([].values()).next = () => ({ done: true }); return 'x';",
  "JSON.parse.kept = value; return String(JSON.parse.kept);",
  "Template.prototype.render = () => value; return 'x';",
  "this.kept ??= value; return this.kept;",
  "this.parsed.template = value; return this.parsed.template;",
])("nothing can be kept: %s", async (body) => {
  // In strict code a change of what is frozen throws.
  expect(await renderBy(body, ["private", "b"])).toEqual(["refused", "refused"]);
});

it("there is nothing of Node's, and no code from text", async () => {
  expect(await renderBy("return [typeof process, typeof require, typeof fetch].join();", ["a"])).toEqual([
    "undefined,undefined,undefined",
  ]);
  const outside = "return value.constructor.constructor('return typeof process')();";
  expect(await renderBy(outside, ["a"])).toEqual(["refused"]);
  expect(await renderBy("return eval('1 + 1');", ["a"])).toEqual(["refused"]);
});

it("ends a rendering by itself, for a parent that is gone", async () => {
  expect(await renderBy("for (;;) if (value === 'b') return 'b';", ["a", "b"])).toEqual(["late", "b"]);
});
