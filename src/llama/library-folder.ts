/**
 * Where llama.cpp's shared libraries are. They come as optional npm packages, one a platform; CUDA and Vulkan
 * builds are further packages that the user adds. npm may install packages of other processors beside ours,
 * so the choice is made by platform and processor, never by what happens to be there.
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AppError } from "../errors.ts";

export const GPU_CHOICES = ["auto", "cuda", "vulkan", "metal", "off"] as const;
export type GpuChoice = (typeof GPU_CHOICES)[number];

type Backend = "cpu" | "metal" | "cuda" | "vulkan";

/** Package suffix by platform and backend; Metal is part of the plain Apple package. */
export const LIBRARY_PACKAGES: Readonly<Record<string, Partial<Record<Backend, string>>>> = {
  "linux-x64": { cpu: "linux-x64", cuda: "linux-x64-cuda", vulkan: "linux-x64-vulkan" },
  "linux-arm64": { cpu: "linux-arm64" },
  "darwin-arm64": { metal: "mac-arm64-metal" },
  "darwin-x64": { cpu: "mac-x64" },
  "win32-x64": { cpu: "win-x64", cuda: "win-x64-cuda", vulkan: "win-x64-vulkan" },
  "win32-arm64": { cpu: "win-arm64" },
};

/** Version of the packages that carry the pinned llama.cpp. */
export const PACKAGE_VERSION = "3.21.1";

export interface LibraryFolder {
  /** Folder with the shared libraries. */
  readonly folder: string;
  readonly backend: Backend | "custom";
  readonly packageName: string;
}

/** The one command that adds a GPU build on this machine, or undefined where none exists. */
export function addOnPackage(gpu: "cuda" | "vulkan", platform = platformKey()): string | undefined {
  const name = LIBRARY_PACKAGES[platform]?.[gpu];
  return name && `npm i @node-llama-cpp/${name}@${PACKAGE_VERSION}`;
}

/** Order in which backends are tried for a choice of `--gpu`. */
export function backendOrder(gpu: GpuChoice): readonly Backend[] {
  if (gpu === "auto") return ["cuda", "vulkan", "metal", "cpu"];
  // Apple's processors have no build without Metal; "off" then means that no layer is offloaded.
  if (gpu === "off") return ["cpu", "metal"];
  return [gpu];
}

/**
 * Finds the folder of the wanted build.
 * @throws LIBRARY when the package is not installed or the platform has none.
 */
export function findLibraryFolder(gpu: GpuChoice, unsafeLib?: string): LibraryFolder {
  if (unsafeLib !== undefined) {
    if (!existsSync(unsafeLib))
      throw new AppError("LIBRARY", `No folder ${unsafeLib}.`, {
        hint: "--unsafe-lib wants a folder with llama.cpp's shared libraries.",
      });
    return { folder: unsafeLib, backend: "custom", packageName: unsafeLib };
  }
  const packages = LIBRARY_PACKAGES[platformKey()] ?? {};
  for (const backend of backendOrder(gpu)) {
    const name = packages[backend];
    const folder = name && packageFolder(name);
    if (folder) return { folder, backend, packageName: `@node-llama-cpp/${name}` };
  }
  throw new AppError("LIBRARY", `No llama.cpp library for ${platformKey()} with --gpu ${gpu}.`, {
    hint: installHint(gpu, packages),
  });
}

function installHint(gpu: GpuChoice, packages: Partial<Record<Backend, string>>): string {
  const name = gpu === "auto" || gpu === "off" ? (packages.cpu ?? packages.metal) : packages[gpu];
  return name
    ? `Run: npm i @node-llama-cpp/${name}@${PACKAGE_VERSION}`
    : "No prebuilt library exists for this choice; use --gpu auto, or serve the model elsewhere and give --endpoint.";
}

function packageFolder(name: string): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@node-llama-cpp/${name}`);
    const folder = join(dirname(entry), "..", "bins", name);
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function platformKey(): string {
  return `${process.platform}-${process.arch}`;
}
