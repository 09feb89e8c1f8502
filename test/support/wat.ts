/** WebAssembly text -> the TypeScript file that embeds it. */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import wabt from "wabt";

/** Contents of the generated file for a .wat that `test` compiles; throws wabt's message if it is not valid. */
export async function embedWat(path: string, constant: string, test: string): Promise<string> {
  const name = basename(path);
  const module = (await wabt()).parseWat(name, readFileSync(path), { simd: true });
  module.validate();
  const bytes = Buffer.from(module.toBinary({}).buffer).toString("base64");
  const lines = bytes.match(/.{1,100}/g)!.map((line) => `  "${line}"`);
  return `/** ${name} as WebAssembly. Compiled by ${test}; edit the source. */\nexport const ${constant} =\n${lines.join(" +\n")};\n`;
}
