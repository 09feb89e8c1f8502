/**
 * Loads llama.cpp once in a process, checks that it is the pinned version with the structs we know, and
 * refuses anything else: a wrong offset would not fail, it would corrupt memory.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { AppError, isAppError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { bindFunctions, type Functions } from "./functions.ts";
import { koffi } from "./koffi.ts";
import { findLibraryFolder, type GpuChoice, type LibraryFolder } from "./library-folder.ts";
import { createNativeLog, type NativeLog } from "./native-log.ts";
import { FIELD_OFFSETS, logCallback, STRUCT_SIZES } from "./structs.ts";

/** llama_version() of the libraries in the pinned packages. */
export const PINNED_VERSION = "0.4.0-dev";

export interface Device {
  /** As llama.cpp's log names it: "CPU", "CUDA0". */
  readonly name: string;
  readonly kind: "cpu" | "gpu" | "other";
  readonly description: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface LlamaLibrary {
  readonly functions: Functions;
  readonly log: NativeLog;
  readonly folder: LibraryFolder;
  readonly version: string;
  readonly gpuOffload: boolean;
  devices(): Device[];
}

export interface LibraryOptions {
  /** @default "auto" */
  gpu?: GpuChoice;
  /** Folder of another llama.cpp build, used without the version check, at the user's own risk. */
  unsafeLib?: string | undefined;
  logger?: Logger;
}

let loaded: { key: string; library: LlamaLibrary } | undefined;

/**
 * Loads the library or returns the one already loaded.
 * @throws LIBRARY if it is missing, another version, or a second kind is asked for in one process.
 */
export function loadLibrary(options: LibraryOptions = {}): LlamaLibrary {
  const { gpu = "auto", unsafeLib, logger = silentLogger } = options;
  const folder = findLibraryFolder(gpu, unsafeLib);
  if (loaded) {
    if (loaded.key === folder.folder) return loaded.library;
    throw new AppError("LIBRARY", "Another llama.cpp library is loaded in this process.", {
      details: { loaded: loaded.key, wanted: folder.folder },
    });
  }
  try {
    const library = open(folder, logger);
    loaded = { key: folder.folder, library };
    return library;
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError("LIBRARY", `llama.cpp could not be loaded: ${(cause as Error).message}`, {
      hint: "Run `assay doctor`. Where it cannot run at all, serve the model with llama-server and give --endpoint.",
      cause,
    });
  }
}

function open(folder: LibraryFolder, logger: Logger): LlamaLibrary {
  // The order matters: each library looks its symbols up in those loaded globally before it.
  const base = koffi.load(libraryFile(folder.folder, "ggml-base"), { global: true });
  const ggml = koffi.load(libraryFile(folder.folder, "ggml"), { global: true });
  const llama = koffi.load(libraryFile(folder.folder, "llama"), { global: true });
  const functions = bindFunctions(llama, ggml, base);
  const version = String(functions.llama_version());
  if (folder.backend !== "custom" && version !== PINNED_VERSION)
    throw new AppError(
      "LIBRARY",
      `The library in ${folder.packageName} is llama.cpp ${version}, not ${PINNED_VERSION}.`,
      {
        hint: `Run \`npm ci\`, or use it at your own risk with --unsafe-lib ${folder.folder}`,
      },
    );
  checkStructs(functions);
  const log = createNativeLog(logger);
  functions.llama_log_set(koffi.register(log.callback, logCallback), null);
  functions.llama_backend_init();
  functions.ggml_backend_load_all_from_path(folder.folder);
  return {
    functions,
    log,
    folder,
    version,
    gpuOffload: functions.llama_supports_gpu_offload(),
    devices: () => listDevices(functions),
  };
}

/** Sizes and places against the header's, and known defaults at the places we believe them to be. */
function checkStructs(functions: Functions): void {
  const wrong: string[] = [];
  for (const { name, type, size } of STRUCT_SIZES)
    if (koffi.sizeof(type) !== size) wrong.push(`${name} has ${koffi.sizeof(type)} bytes, not ${size}`);
  for (const { name, type, offsets } of FIELD_OFFSETS)
    for (const [field, offset] of Object.entries(offsets)) {
      const is = koffi.offsetof(type, field);
      if (is !== offset) wrong.push(`${name}.${field} is at ${is}, not ${offset}`);
    }
  const model = functions.llama_model_default_params();
  const context = functions.llama_context_default_params();
  const quantise = functions.llama_model_quantize_default_params();
  const expect = (what: string, is: unknown, wanted: unknown) => {
    if (is !== wanted) wrong.push(`default ${what} is ${String(is)}, not ${String(wanted)}`);
  };
  expect("use_extra_bufts", model.use_extra_bufts, true);
  expect("no_alloc", model.no_alloc, false);
  expect("n_gpu_layers", model.n_gpu_layers, -1);
  expect("split_mode", model.split_mode, 1);
  expect("load_mode", model.load_mode, -1);
  expect("n_ctx", context.n_ctx, 512);
  expect("n_batch", context.n_batch, 2048);
  expect("n_ubatch", context.n_ubatch, 512);
  expect("type_k", context.type_k, 1);
  expect("type_v", context.type_v, 1);
  expect("flash_attn_type", context.flash_attn_type, -1);
  expect("offload_kqv", context.offload_kqv, true);
  expect("yarn_beta_fast", context.yarn_beta_fast, -1);
  expect("kv_unified", context.kv_unified, false);
  expect("quantize_output_tensor", quantise.quantize_output_tensor, true);
  expect("max_buf_size", Number(quantise.max_buf_size), 8 * 2 ** 30);
  if (wrong.length > 0)
    throw new AppError(
      "LIBRARY",
      `llama.cpp's structs are not the ones this version knows: ${wrong.join("; ")}.`,
      {
        hint: "Install the pinned packages with `npm ci`.",
      },
    );
}

/** enum ggml_backend_dev_type; an integrated GPU's memory is the machine's, but its layers are a GPU's. */
const DEVICE_KINDS = ["cpu", "gpu", "gpu"] as const;

function listDevices(functions: Functions): Device[] {
  return Array.from({ length: Number(functions.ggml_backend_dev_count()) }, (_, index) => {
    const device = functions.ggml_backend_dev_get(index);
    const free = [0];
    const total = [0];
    functions.ggml_backend_dev_memory(device, free, total);
    return {
      name: functions.ggml_backend_dev_name(device),
      kind: DEVICE_KINDS[functions.ggml_backend_dev_type(device) as number] ?? "other",
      description: functions.ggml_backend_dev_description(device),
      freeBytes: Number(free[0]),
      totalBytes: Number(total[0]),
    };
  });
}

/** Which of the processor-specific builds is in use ("haswell", "zen4" …); undefined where that cannot be seen. */
export function cpuVariant(): string | undefined {
  const report = process.report?.getReport() as unknown as { sharedObjects?: string[] } | undefined;
  const file = report?.sharedObjects?.find((path) => /ggml-cpu-[a-z0-9]+\.(so|dylib|dll)$/.test(path));
  return file?.match(/ggml-cpu-([a-z0-9]+)\./)?.[1];
}

/**
 * File names differ by platform and carry the version: libllama.v0.4.0.so, libllama.metal.v0.4.0.dylib,
 * llama.v0.4.0.dll, and plain libllama.so in builds of one's own.
 */
function libraryFile(folder: string, name: string): string {
  const pattern = new RegExp(`^(lib)?${name}(\\.[a-z]+)?(\\.v[0-9.]+)?\\.(so|dylib|dll)$`);
  const file = readdirSync(folder).find((entry) => pattern.test(entry));
  if (file) return join(folder, file);
  throw new AppError("LIBRARY", `${folder} has no library "${name}".`, {
    hint: "The package is incomplete: run `npm ci`.",
  });
}
