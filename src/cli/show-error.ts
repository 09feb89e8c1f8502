/** Failures as the user sees them: one line and a hint, or a stack when it is our fault. */

import { styleText } from "node:util";
import { isAppError } from "../errors.ts";
import { VERSION } from "./version.ts";

/** Exit status for what should not happen, EX_SOFTWARE of sysexits.h. */
const BUG = 70;

/** Writes the error where it belongs and tells the exit status. */
export function showError(error: unknown, json: boolean): number {
  const app = isAppError(error) ? error : undefined;
  if (json) {
    const { code, message, hint } = app ?? { code: "BUG", message: messageOf(error), hint: undefined };
    process.stdout.write(`${JSON.stringify({ schema: 1, error: { code, message, hint } })}\n`);
  }
  if (app === undefined) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `${stack}\n\nThis is a bug in assay ${VERSION} (Node ${process.versions.node}, ${process.platform}-${process.arch}); please report it with the lines above.\n`,
    );
    return BUG;
  }
  if (!json) {
    const [colour, word] =
      app.code === "CANCELLED" ? (["yellow", "stopped:"] as const) : (["red", "error:"] as const);
    const label = styleText(colour, word, { stream: process.stderr });
    process.stderr.write(`${label} ${app.message}\n`);
    if (app.hint !== undefined)
      process.stderr.write(`${styleText("dim", "hint:", { stream: process.stderr })} ${app.hint}\n`);
  }
  return app.exitStatus;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
