/** `assay models verify`: the checks of the file, of the memory it will take, of the machine, and of a project. */

import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { checked } from "../doctor/checks.ts";
import { checkDisk, checkGpu, checkProcessor } from "../doctor/machine-checks.ts";
import { modelChecks } from "../doctor/model-checks.ts";
import { type Check, type Finding, printChecks } from "../doctor/print-checks.ts";
import { type LocatedFile, locateFile } from "./locate-file.ts";

export type ModelsVerifyOptions = SharedOptions & { hash?: true; project?: string };

export async function runModelsVerify(
  context: CliContext,
  options: ModelsVerifyOptions,
  argument?: string,
): Promise<number> {
  const located = await locateFile(context, { argument, options });
  return printChecks(context, allChecks(context, located, options));
}

async function* allChecks(
  context: CliContext,
  located: LocatedFile,
  { hash, project }: ModelsVerifyOptions,
): AsyncGenerator<Check> {
  yield* modelChecks(context, located, { hash });
  yield checked("processor", checkProcessor());
  yield checked("gpu", checkGpu());
  yield checked("disk", checkDisk(context));
  if (project !== undefined) yield checked("project", checkProject(project));
}

const MOST_SETTINGS = 20;

/** Settings of the former system that still name the small model. */
async function checkProject(folder: string): Promise<Finding> {
  const { findOldSettings } = await import("../../migrate/index.ts");
  const found = findOldSettings(folder);
  if (found.length === 0)
    return { status: "ok", message: `No setting in ${visibleToken(folder)} names the old model` };
  const lines = found
    .slice(0, MOST_SETTINGS)
    .map(({ file, line, value }) => `${visibleToken(file)}:${line} ${visibleToken(value)}`);
  const rest = found.length > MOST_SETTINGS ? `; and ${found.length - MOST_SETTINGS} more` : "";
  return {
    status: "warn",
    message: `${found.length} settings still name the old model: ${lines.join("; ")}${rest}`,
    hint: `assay migrate ${visibleToken(folder)} shows what would change, and writes it with --write.`,
  };
}
