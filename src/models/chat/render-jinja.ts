/**
 * Renders a Jinja template in a worker thread with limits on time and memory: a template comes with a model
 * file from anywhere, and a loop in it must not hang or bloat the program.
 */

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { AppError } from "../../errors.ts";

export interface JinjaOptions {
  /** @default 2000 */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_HEAP_MB = 64;
/** Longer prompts fit no context; the worker ends before it copies more. */
const MAX_TEXT_CHARACTERS = 16 * 2 ** 20;

// As text, because a worker's file would have to be TypeScript here and JavaScript once built.
const WORKER_SOURCE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { Template } = require(workerData.jinja);
  const text = new Template(workerData.template).render(workerData.values);
  if (text.length > workerData.limit) throw new Error("the text is too long");
  parentPort.postMessage(text);
`;

/**
 * Renders a template.
 * @param values plain data; the template also gets raise_exception() and strftime_now()
 * @throws UNSUPPORTED with the template's own message, or when it took too much time or memory
 */
export function renderJinja(template: string, values: object, options: JinjaOptions = {}): Promise<string> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const jinja = createRequire(import.meta.url).resolve("@huggingface/jinja");
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER_SOURCE, {
      eval: true,
      env: {},
      workerData: { jinja, template, values, limit: MAX_TEXT_CHARACTERS },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
      void worker.terminate();
    };
    // After the first outcome the others (the exit that terminate() causes) change nothing.
    const fail = (reason: string, cause?: unknown) =>
      settle(() =>
        reject(
          new AppError("UNSUPPORTED", `The chat template could not be rendered: ${reason}.`, {
            hint: "Send raw text instead, or choose a built-in template.",
            cause,
          }),
        ),
      );
    const timer = setTimeout(() => fail(`it took longer than ${timeoutMs} ms`), timeoutMs);
    worker.once("message", (text: string) => settle(() => resolve(text)));
    worker.once("error", (error) => fail(error.message, error));
    worker.once("exit", () => fail("it ended without a text"));
  });
}
