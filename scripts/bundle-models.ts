/**
 * npm run models:bundle -- FOLDER NAME [FILE]
 *
 * Makes FILE, else models/NAME.gguf (Q8_0), from a Hugging Face folder that lab/ wrote, with the converter that users have:
 * there is no second exporter.
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadLibrary } from "../src/llama/index.ts";
import { convertFolder, quantise } from "../src/models/index.ts";

const [folder, name, file] = process.argv.slice(2);
if (!folder || !name) throw new Error("usage: npm run models:bundle -- FOLDER NAME [FILE]");
const output = file ?? fileURLToPath(new URL(`../models/${name}.gguf`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "assay-bundle-"));
try {
  const floats = join(scratch, `${name}.gguf`);
  await convertFolder({ folder, output: floats, type: "BF16" });
  await quantise(loadLibrary({ gpu: "off" }), { input: floats, output, type: "Q8_0" });
  console.log(`${output}: ${statSync(output).size} bytes`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
