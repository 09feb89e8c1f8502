/**
 * koffi, the foreign function interface. Its native part is an optional package of npm's, one a platform, as
 * llama.cpp's libraries are: where it is missing, that is told like a missing library and not as a crash.
 */

import { createRequire } from "node:module";
import type koffiModule from "koffi";
import { AppError } from "../errors.ts";

// require and not import: an import that fails ends the program before anybody can say why.
export const koffi = loadKoffi(() => createRequire(import.meta.url)("koffi"));

/** @throws AppError LIBRARY */
export function loadKoffi(load: () => unknown): typeof koffiModule {
  try {
    return load() as typeof koffiModule;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new AppError("LIBRARY", `koffi, which calls llama.cpp, has no native part for ${platform} here.`, {
      hint: "Install again with optional packages: npm ci --include=optional; `node_modules` of another machine do not work.",
      cause,
    });
  }
}
