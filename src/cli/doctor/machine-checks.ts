/** Checks of the machine and of this installation. Each says one thing and, when it is not well, the next step. */

import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { formatSeconds } from "../../report/index.ts";
import type { CliContext } from "../context.ts";
import { machineFacts } from "../machine-facts.ts";
import { processor } from "../system-facts.ts";
import { gib } from "../units.ts";
import { findModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { decodeInChild } from "./decode-in-child.ts";
import type { Finding } from "./print-checks.ts";

export async function checkNode(): Promise<Finding> {
  return { status: "ok", message: `Node ${process.versions.node} on ${process.platform}-${process.arch}` };
}

export async function checkLibrary({ config, unsafeLib }: CliContext): Promise<Finding> {
  const { loadLibrary } = await import("../../llama/index.ts");
  const { version, folder } = loadLibrary({ gpu: config.gpu, unsafeLib });
  return { status: "ok", message: `llama.cpp ${version} (${folder.backend}) from ${folder.packageName}` };
}

const SMOKE_TIMEOUT_MS = 60_000;

export async function checkDecode(context: CliContext): Promise<Finding> {
  const { path } = await findModel(context, { argument: "lab-moe", options: {} });
  const { tokens, seconds, variant } = await decodeInChild(context, path, SMOKE_TIMEOUT_MS);
  const build = variant === null ? "" : `, ggml's build for ${variant}`;
  return {
    status: "ok",
    message: `Decoded ${tokens} tokens of the bundled model in ${formatSeconds(seconds)}${build}`,
  };
}

export async function checkProcessor(): Promise<Finding> {
  const { name, cores, features } = processor();
  const message = `${name}, ${cores} cores${features.length > 0 ? `: ${features.join(" ")}` : ""}`;
  if (process.arch !== "x64" || features.length === 0 || features.includes("avx2"))
    return { status: "ok", message };
  return { status: "warn", message, hint: "Without AVX2 models run several times slower; a GPU would help." };
}

export async function checkGpu(): Promise<Finding> {
  const { addOnPackage, findLibraryFolder } = await import("../../llama/index.ts");
  const isThere = (gpu: "cuda" | "vulkan" | "metal") => {
    try {
      return findLibraryFolder(gpu) !== undefined;
    } catch {
      return false;
    }
  };
  const builds = (["cuda", "vulkan", "metal"] as const).filter(isThere);
  const cards = machineFacts().gpus.map(
    ({ name, free, total }) => `; ${name}: ${gib(free)} of ${gib(total)} free`,
  );
  if (builds.length > 0)
    return { status: "ok", message: `GPU builds installed: ${builds.join(", ")}${cards.join("")}` };
  const wanted = existsSync("/proc/driver/nvidia/version")
    ? "cuda"
    : existsSync("/dev/dri")
      ? "vulkan"
      : undefined;
  const command = addOnPackage(wanted ?? "vulkan");
  const seen = wanted === undefined ? "no GPU seen" : `a GPU for ${wanted} is there`;
  const message = `No GPU build is installed; ${seen}${cards.join("")}`;
  if (command === undefined) return { status: "ok", message };
  const cuda = wanted === undefined ? addOnPackage("cuda") : undefined;
  const hint = `To add one: ${command}${cuda === undefined ? "" : ` (Vulkan), or ${cuda}`}`;
  return { status: wanted === undefined ? "ok" : "warn", message, hint };
}

/** Below this a run's pages still fit, a converted model does not. */
const LITTLE_DISK = 2 ** 30;

export async function checkDisk({ config }: CliContext): Promise<Finding> {
  const folders = [...new Set([dirname(resolve(config.store)), resolve(config.cacheDir)].map(nearestFolder))];
  const free = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      return { folder, bytes: bavail * bsize };
    }),
  );
  const message = free.map(({ folder, bytes }) => `${gib(bytes)} free in ${folder}`).join(", ");
  if (free.every(({ bytes }) => bytes >= LITTLE_DISK)) return { status: "ok", message };
  return {
    status: "warn",
    message,
    hint: "Free some space, or set ASSAY_CACHE_DIR and --store to another disk.",
  };
}

export async function checkStore(context: CliContext): Promise<Finding> {
  return withStore(context, async (store) => {
    const runs = await store.listRuns();
    return { status: "ok", message: `${runs.length} runs in ${store.path}` };
  });
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
