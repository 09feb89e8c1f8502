/** The file that a MODEL argument means, without reading it: it may be damaged, and that is what is asked. */

import { resolve } from "node:path";
import type { CatalogueEntry } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { BUNDLED_DIR, findModel, type ModelChoice, modelText } from "../with-model.ts";

export interface LocatedFile {
  /** Absolute. */
  readonly path: string;
  /** Where a name of the catalogue led to it. */
  readonly entry?: CatalogueEntry | undefined;
}

/** A folder is converted first, once, as everywhere. @throws AppError MODEL_NOT_FOUND */
export async function locateFile(context: CliContext, choice: ModelChoice): Promise<LocatedFile> {
  const [{ locateModel }, { userEntries }] = await Promise.all([
    import("../../models/index.ts"),
    import("../user-catalogue.ts"),
  ]);
  const { kind, path, entry } = await locateModel(modelText(context, choice), {
    cwd: process.cwd(),
    bundledDir: BUNDLED_DIR,
    modelsDir: resolve(context.config.modelsDir),
    cacheDir: context.config.cacheDir,
    userEntries,
  });
  return kind === "folder" ? { path: (await findModel(context, choice)).path } : { path, entry };
}
