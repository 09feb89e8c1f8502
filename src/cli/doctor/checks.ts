/** What `assay doctor` looks at: this installation, the machine, and with MODEL the file, check by check. */

import { isAppError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { locateFile } from "../models/locate-file.ts";
import { findModel, type ModelChoice } from "../with-model.ts";
import {
  checkDecode,
  checkDisk,
  checkGpu,
  checkLibrary,
  checkNode,
  checkProcessor,
  checkStore,
} from "./machine-checks.ts";
import { checkMemory } from "./memory-check.ts";
import { modelChecks } from "./model-checks.ts";
import type { Check, Finding } from "./print-checks.ts";

/** A check with its id, an error of it as its finding. */
export async function checked(id: string, look: Promise<Finding>): Promise<Check> {
  return { id, ...(await look.catch(findingOf)) };
}

/** Runs all checks, one after the other, in the order in which one trouble explains the next. */
export async function* runChecks(context: CliContext, choice: ModelChoice): AsyncGenerator<Check> {
  yield checked("node", checkNode());
  yield checked("library", checkLibrary(context));
  yield checked("decode", checkDecode(context));
  yield checked("processor", checkProcessor());
  yield checked("gpu", checkGpu());
  context.signal.throwIfAborted();
  const isNamed = choice.argument !== undefined || choice.options.model !== undefined;
  yield* isNamed ? namedModel(context, choice) : defaultModel(context, choice);
  yield checked("disk", checkDisk(context));
  yield checked("store", checkStore(context));
}

/** Where the file is, all that `models verify` looks at, and its memory. */
async function* namedModel(context: CliContext, choice: ModelChoice): AsyncGenerator<Check> {
  const located = locateFile(context, choice);
  yield checked(
    "model",
    located.then(({ path }) => ({ status: "ok", message: path })),
  );
  const file = await located.catch(() => undefined);
  if (file) yield* modelChecks(context, file);
}

/** One line for the model that is used when none is named. */
async function* defaultModel(context: CliContext, choice: ModelChoice): AsyncGenerator<Check> {
  const found = findModel(context, choice);
  yield checked(
    "model",
    found.then(async ({ name, path, gguf }) => {
      const { assertLoadable, describeModel } = await import("../../models/index.ts");
      assertLoadable(gguf);
      const { architecture, quantisation } = describeModel(gguf);
      return { status: "ok", message: `${name}: ${architecture}, ${quantisation}, ${path}` };
    }),
  );
  const model = await found.catch(() => undefined);
  if (model) yield checked("memory", checkMemory(context, model.path));
}

function findingOf(error: unknown): Finding {
  if (!isAppError(error) || error.code === "CANCELLED") throw error;
  return { status: "fail", message: error.message, hint: error.hint };
}
