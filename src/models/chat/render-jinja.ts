/**
 * Renders a Jinja template outside of this process, with limits on time and memory: a template comes with a model
 * file from anywhere. One renderer lives on between renderings, because starting one takes longer than all the rest.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { createJinjaPool } from "./render-jinja-pool.ts";

export interface JinjaOptions {
  /** Of the rendering itself, without waiting for its turn. @default 2000 */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 2_000;

const pool = createJinjaPool();

/**
 * Renders a template; takes about 1 ms, and 50 more when no renderer is running.
 * @param values plain data; the template also gets raise_exception() and strftime_now()
 * @throws UNSUPPORTED with the template's own message, or, with `details.limit`, when it took too much time or memory;
 *   BUSY when too many renderings wait; OUT_OF_MEMORY when no process can be started
 */
export async function renderJinja(
  template: string,
  values: object,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: JinjaOptions = {},
): Promise<string> {
  const rendering = await pool.render({ template, values: JSON.stringify(values), timeoutMs });
  switch (rendering.type) {
    case "text":
      return rendering.text;
    case "refused":
      throw notRendered(visibleToken(rendering.message));
    case "too-long":
      throw notRendered("its text is too long", "text");
    case "late":
      throw notRendered(`it took longer than ${timeoutMs} ms`, "time");
    case "lost":
      if (rendering.isMemory) throw notRendered("it took too much memory", "memory");
      throw notRendered(`its process was ended, twice (${visibleToken(rendering.how)})`, "process");
  }
}

/** @param limit what the template went beyond; another conversation would not help */
function notRendered(reason: string, limit?: "text" | "time" | "memory" | "process"): AppError {
  return new AppError("UNSUPPORTED", `The chat template could not be rendered: ${reason}.`, {
    hint: "Send raw text instead, or choose a built-in template.",
    ...(limit && { details: { limit } }),
  });
}
