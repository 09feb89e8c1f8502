/** `assay models use`: the model that commands take when none is named. */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { configFiles, configSchema } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import { assertLoadable, cachedModels, locateModel, readGguf } from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { userEntries } from "../user-catalogue.ts";
import { BUNDLED_DIR } from "../with-model.ts";
import { writeOutput } from "../write-output.ts";
import { setSetting } from "./set-setting.ts";

export async function runModelsUse(
  { config, resolved, json, terminal, logger }: CliContext,
  _options: SharedOptions,
  wanted = "",
): Promise<undefined> {
  const model = await settingFor(wanted, config);
  const { inForce, own } = configFiles();
  const file = inForce ?? own;
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const previous = before === undefined ? undefined : configSchema.partial().parse(JSON.parse(before)).model;
  // Where the file is a link, what it stands for changes: people keep their settings in a folder under version control.
  writeSettings(
    before === undefined ? file : realpathSync(file),
    setSetting(before ?? "{}\n", "model", model),
  );
  const { source, name } = resolved.origins.model;
  const overridden = source === "environment" ? name : undefined;
  if (json) {
    const document = { file, previous: previous ?? null, model, overriddenBy: overridden ?? null };
    terminal.print(JSON.stringify({ schema: 1, kind: "models-use", ...document }));
  } else {
    const old = previous === undefined ? "not set (lab-moe)" : visibleToken(previous);
    terminal.print(`${visibleToken(file)}: model ${old} -> ${visibleToken(model)}`);
  }
  if (overridden) logger.warn(`${overridden} is set and wins over the file.`);
  return undefined;
}

/** What the file has to say, so that it means this model wherever a command is run. */
async function settingFor(wanted: string, config: CliContext["config"]): Promise<string> {
  const { kind, path, entry } = await locateModel(wanted, {
    cwd: process.cwd(),
    bundledDir: BUNDLED_DIR,
    modelsDir: resolve(config.modelsDir),
    cacheDir: config.cacheDir,
    userEntries,
  });
  if (kind !== "folder") assertLoadable(await readGguf(path));
  else if (!existsSync(resolve(path, "config.json")))
    throw new AppError("MODEL_NOT_FOUND", `${path} is a folder without a model: it has no config.json.`, {
      hint: "Give a GGUF file, a Hugging Face folder or a name of `assay models list`.",
    });
  if (kind === "bundled") return wanted.toLowerCase();
  // The default models folder is another one in every working folder, the cache is not.
  const isEverywhere =
    entry && (entry.localPath !== undefined || dirname(path) === cachedModels(config.cacheDir));
  return isEverywhere ? entry.name : path;
}

/** @throws AppError CONFIG when the folder cannot be made, DATA_UNAVAILABLE when the file cannot be written */
function writeSettings(file: string, text: string): void {
  try {
    makeFolder(dirname(file));
  } catch (cause) {
    throw new AppError("CONFIG", `The folder ${dirname(file)} cannot be made: ${(cause as Error).message}.`, {
      cause,
    });
  }
  writeOutput(file, text);
}
