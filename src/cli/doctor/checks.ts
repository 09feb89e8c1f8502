/** What `assay doctor` looks at. Each check says one thing and, when it is not well, the one next step. */

import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isAppError } from "../../errors.ts";
import { formatSeconds } from "../../report/index.ts";
import type { CliContext } from "../context.ts";
import { availableMemory, largestProcesses, processor, totalMemory } from "../system-facts.ts";
import { gib } from "../units.ts";
import { findModel, type ModelChoice } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { decodeInChild } from "./decode-in-child.ts";

export interface Check {
  readonly id: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint?: string;
}

type Finding = Omit<Check, "id">;
type Look = (context: CliContext, choice: ModelChoice) => Promise<Finding>;

/** In the order in which one trouble explains the next. */
const CHECKS: Readonly<Record<string, Look>> = {
  node: async () => ({
    status: "ok",
    message: `Node ${process.versions.node} on ${process.platform}-${process.arch}`,
  }),
  library: checkLibrary,
  decode: checkDecode,
  processor: checkProcessor,
  gpu: checkGpu,
  model: checkModel,
  memory: checkMemory,
  disk: checkDisk,
  store: checkStore,
};

/** Runs all checks, one after the other; an error of a check is its finding. */
export async function* runChecks(context: CliContext, choice: ModelChoice): AsyncGenerator<Check> {
  for (const [id, look] of Object.entries(CHECKS)) {
    context.signal.throwIfAborted();
    yield { id, ...(await look(context, choice).catch(findingOf)) };
  }
}

function findingOf(error: unknown): Finding {
  if (!isAppError(error) || error.code === "CANCELLED") throw error;
  return { status: "fail", message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}

async function checkLibrary({ config, unsafeLib }: CliContext): Promise<Finding> {
  const { loadLibrary } = await import("../../llama/index.ts");
  const { version, folder } = loadLibrary({ gpu: config.gpu, unsafeLib });
  return { status: "ok", message: `llama.cpp ${version} (${folder.backend}) from ${folder.packageName}` };
}

const SMOKE_TIMEOUT_MS = 60_000;

async function checkDecode(context: CliContext): Promise<Finding> {
  const { path } = await findModel(context, { argument: "lab-moe", options: {} });
  const { tokens, seconds, variant } = await decodeInChild(context, path, SMOKE_TIMEOUT_MS);
  const build = variant === null ? "" : `, ggml's build for ${variant}`;
  return {
    status: "ok",
    message: `Decoded ${tokens} tokens of the bundled model in ${formatSeconds(seconds)}${build}`,
  };
}

async function checkProcessor(): Promise<Finding> {
  const { name, cores, features } = processor();
  const message = `${name}, ${cores} cores${features.length > 0 ? `: ${features.join(" ")}` : ""}`;
  if (process.arch !== "x64" || features.length === 0 || features.includes("avx2"))
    return { status: "ok", message };
  return { status: "warn", message, hint: "Without AVX2 models run several times slower; a GPU would help." };
}

async function checkGpu(): Promise<Finding> {
  const { addOnPackage, findLibraryFolder } = await import("../../llama/index.ts");
  const isThere = (gpu: "cuda" | "vulkan" | "metal") => {
    try {
      return findLibraryFolder(gpu) !== undefined;
    } catch {
      return false;
    }
  };
  const builds = (["cuda", "vulkan", "metal"] as const).filter(isThere);
  if (builds.length > 0) return { status: "ok", message: `GPU builds installed: ${builds.join(", ")}` };
  const wanted = existsSync("/proc/driver/nvidia/version")
    ? "cuda"
    : existsSync("/dev/dri")
      ? "vulkan"
      : undefined;
  const command = addOnPackage(wanted ?? "vulkan");
  const seen = wanted === undefined ? "no GPU seen" : `a GPU for ${wanted} is there`;
  const message = `No GPU build is installed; ${seen}`;
  if (command === undefined) return { status: "ok", message };
  const cuda = wanted === undefined ? addOnPackage("cuda") : undefined;
  const hint = `To add one: ${command}${cuda === undefined ? "" : ` (Vulkan), or ${cuda}`}`;
  return { status: wanted === undefined ? "ok" : "warn", message, hint };
}

async function checkModel(context: CliContext, choice: ModelChoice): Promise<Finding> {
  const { name, path, gguf } = await findModel(context, choice);
  const { assertLoadable, describeModel } = await import("../../models/index.ts");
  assertLoadable(gguf);
  const { architecture, quantisation } = describeModel(gguf);
  return { status: "ok", message: `${name}: ${architecture}, ${quantisation}, ${path}` };
}

async function checkMemory(context: CliContext, choice: ModelChoice): Promise<Finding> {
  const { estimateMemory } = await import("../../models/index.ts");
  const { name, gguf } = await findModel(context, choice);
  const { total } = estimateMemory(gguf, { context: context.config.context || undefined });
  const available = availableMemory();
  const facts = `${name} needs about ${gib(total)}; ${gib(available)} of ${gib(totalMemory())} are free`;
  if (total <= available) return { status: "ok", message: facts };
  const others = largestProcesses(3).map((it) => `${it.name} (${it.pid}) ${gib(it.bytes)}`);
  return {
    status: "fail",
    message: `${facts}. The largest processes: ${others.join(", ") || "unknown"}`,
    hint: "End one of them, take a smaller quantisation, or less --context.",
  };
}

/** Below this a run's pages still fit, a converted model does not. */
const LITTLE_DISK = 2 ** 30;

async function checkDisk({ config }: CliContext): Promise<Finding> {
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

async function checkStore(context: CliContext): Promise<Finding> {
  return withStore(context, async (store) => {
    const runs = await store.listRuns();
    return { status: "ok", message: `${runs.length} runs in ${store.path}` };
  });
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
