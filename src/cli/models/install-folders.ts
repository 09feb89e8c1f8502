/** The folders in which models are looked for, as the settings say. */

import { resolve } from "node:path";
import type { Config } from "../../config.ts";
import { cachedModels, type InstallFolders } from "../../models/index.ts";
import { BUNDLED_DIR } from "../with-model.ts";

export function installFolders({ modelsDir, cacheDir }: Config): InstallFolders {
  return { bundledDir: BUNDLED_DIR, modelDirs: [resolve(modelsDir), cachedModels(cacheDir)] };
}
