/**
 * Renders a Jinja template in a process of its own, with limits on time and memory: a template comes with a
 * model file from anywhere. A worker thread would not do: when one asks for a single array beyond its heap
 * limit (a template with range(100000000)), V8 ends the whole process, not the thread.
 */

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";

export interface JinjaOptions {
  /** @default 2000 */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_HEAP_MB = 128;
/** Longer prompts fit no context. */
const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

// As text, because a file of its own would have to be TypeScript here and JavaScript once built.
const PROGRAM = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const { jinja, template, values } = JSON.parse(readFileSync(0, "utf8"));
  const { Template } = require(jinja);
  let reply;
  try { reply = { text: new Template(template).render(values) }; }
  catch (error) { reply = { error: error.message }; }
  writeFileSync(1, JSON.stringify(reply));
`;

/**
 * Renders a template; takes about 50 ms, most of it for starting Node.
 * @param values plain data; the template also gets raise_exception() and strftime_now()
 * @throws UNSUPPORTED with the template's own message, or when it took too much time or memory
 */
export function renderJinja(template: string, values: object, options: JinjaOptions = {}): Promise<string> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const jinja = createRequire(import.meta.url).resolve("@huggingface/jinja");
  const flags = [`--max-old-space-size=${MAX_HEAP_MB}`, "--disallow-code-generation-from-strings"];
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) =>
      reject(
        new AppError("UNSUPPORTED", `The chat template could not be rendered: ${reason}.`, {
          hint: "Send raw text instead, or choose a built-in template.",
          cause,
        }),
      );
    const child = execFile(
      process.execPath,
      [...flags, "-e", PROGRAM],
      { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES, env: {}, windowsHide: true },
      (error, stdout) => {
        if (error?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return fail("its text is too long", error);
        if (error?.killed) return fail(`it took longer than ${timeoutMs} ms`, error);
        if (error) return fail("it took too much memory", error);
        const reply = JSON.parse(stdout) as { text?: string; error?: string };
        if (reply.text === undefined) fail(visibleToken(reply.error ?? "it gave no text"));
        else resolve(reply.text);
      },
    );
    // A child that dies early closes its input; the reason comes through the callback.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(JSON.stringify({ jinja, template, values }));
  });
}
