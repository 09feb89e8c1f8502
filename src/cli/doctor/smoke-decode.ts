/**
 * A program of its own, started by `assay doctor`: opens a model, decodes a few tokens and prints what it saw
 * as JSON. In a child process, because a library that does not fit the processor kills the process.
 */

import { openLocalModel } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import { cpuVariant, type GpuChoice } from "../../llama/index.ts";

/** What the child prints: what it saw, or why it could not. */
export type SmokeDecode =
  | { readonly tokens: number; readonly seconds: number; readonly variant: string | null }
  | { readonly error: string; readonly hint: string | null };

const TOKENS = 8;
const [path = "", gpu = "auto", unsafeLib] = process.argv.slice(2);

async function decode(): Promise<SmokeDecode> {
  const model = await openLocalModel({ path, gpu: gpu as GpuChoice, unsafeLib, context: 256 });
  try {
    const prompt = await model.tokenize("The quick brown", { bos: true });
    const started = performance.now();
    let tokens = 0;
    for await (const event of model.generate({ prompt, maxTokens: TOKENS, ignoreEos: true })) {
      if (event.type === "token") tokens++;
    }
    return { tokens, seconds: (performance.now() - started) / 1_000, variant: cpuVariant() ?? null };
  } finally {
    await model.close();
  }
}

const result = await decode().catch((error): SmokeDecode => {
  if (!isAppError(error)) throw error;
  return { error: error.message, hint: error.hint ?? null };
});
process.stdout.write(JSON.stringify(result));
