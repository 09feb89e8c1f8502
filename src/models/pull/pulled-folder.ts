/** Where pulled models lie, and where they are looked for. */

import { statSync } from "node:fs";
import { join } from "node:path";

export interface PulledFolderOptions {
  /** The setting of that name; relative to the working folder. */
  readonly modelsDir: string;
  readonly cacheDir: string;
  /** Whether the user chose modelsDir: it is then made where it is missing. */
  readonly modelsDirIsChosen: boolean;
}

/** Folder that models are pulled into: the models folder if there is one, else one in the cache. */
export function pulledFolder({ modelsDir, cacheDir, modelsDirIsChosen }: PulledFolderOptions): string {
  const exists = statSync(modelsDir, { throwIfNoEntry: false })?.isDirectory() === true;
  return exists || modelsDirIsChosen ? modelsDir : cachedModels(cacheDir);
}

/** Folder in the cache that pulled models lie in where there is no models folder. */
export function cachedModels(cacheDir: string): string {
  return join(cacheDir, "models");
}
