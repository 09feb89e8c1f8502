/** How much memory a model will take, by llama.cpp's own plan, before anything is loaded. */

import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../../errors.ts";
import {
  completePlacement,
  type GpuChoice,
  type Placement,
  type PlacementWishes,
} from "../../llama/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { estimateMemory } from "../estimate-memory.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { type MemoryPrediction, sumMemory } from "./memory-prediction.ts";
import type { PredictReply } from "./predict-child.ts";

export interface PredictOptions {
  /** Cells of the cache. @default 4096 */
  cells?: number | undefined;
  /** Sequences that can exist at once. @default 1 */
  sequences?: number | undefined;
  /** @default "auto" */
  gpu?: GpuChoice | undefined;
  unsafeLib?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Arguments of Node for the child. @default those of this process */
  execArgv?: readonly string[] | undefined;
  /** Told why llama.cpp's plan could not be had and an estimate stands in for it. */
  onFallback?: ((reason: string) => void) | undefined;
}

/** What the child is asked. */
export interface PredictRequest {
  readonly path: string;
  readonly placement: Placement;
  readonly cells: number;
  readonly batch: number;
  readonly sequences: number;
  readonly gpu: GpuChoice;
  readonly unsafeLib?: string;
}

/** A plan takes a fraction of a second; a library that hangs must not hang the command. */
const TIMEOUT_MS = 30_000;
const DEFAULT_CELLS = 4_096;

/**
 * Predicts the memory of a model file under a placement: exact weights, cache and compute buffers of each device.
 * Where llama.cpp cannot plan it (no library, a crash) the answer is an estimate and says so.
 * @throws MODEL_INVALID, MODEL_NOT_FOUND for a file that cannot be read, CANCELLED
 * @example
 * const { total, source } = await predictMemory("models/lab-moe.gguf", { kvType: "q8_0" });
 */
export async function predictMemory(
  path: string,
  wishes: PlacementWishes = {},
  options: PredictOptions = {},
): Promise<MemoryPrediction> {
  const { cells = DEFAULT_CELLS, sequences = 1, gpu = "auto", unsafeLib, onFallback } = options;
  const wanted = completePlacement(wishes);
  // Apple's library has no build without its GPU backend: there "off" means no layers on it.
  const placement = gpu === "off" ? { ...wanted, gpuLayers: 0 } : wanted;
  const gguf = await readGguf(path);
  const batch = placement.batchSize;
  const request: PredictRequest = {
    path,
    placement,
    cells,
    batch,
    sequences,
    gpu,
    ...(unsafeLib !== undefined && { unsafeLib }),
  };
  const reply = await ask(request, options);
  if ("prediction" in reply) return reply.prediction;
  onFallback?.(reply.error.message);
  return estimatePrediction(gguf, placement, { cells });
}

/** The same figures from the header alone: everything in RAM, the compute buffers approximate. */
export function estimatePrediction(
  gguf: Gguf,
  { kvType, mmap, mlock }: Placement,
  { cells }: { cells: number },
): MemoryPrediction {
  const { weights, kvCache, compute } = estimateMemory(gguf, { context: cells, kvType });
  const canMap = mmap && !mlock;
  return sumMemory(
    "estimated",
    { mapped: canMap ? weights : 0, copied: canMap ? 0 : weights, kvCache, compute },
    [],
  );
}

async function ask(request: PredictRequest, options: PredictOptions): Promise<PredictReply> {
  const { signal, execArgv = process.execArgv } = options;
  // The same extension as this file: TypeScript under tsx, JavaScript once built.
  const script = fileURLToPath(new URL(`./predict-child${extname(import.meta.url)}`, import.meta.url));
  const child = fork(script, {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [...execArgv],
    timeout: TIMEOUT_MS,
    ...(signal && { signal }),
  });
  let trouble = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (trouble += text));
  const reply = await new Promise<PredictReply>((done) => {
    const fail = (why: string) => done({ error: { code: "MODEL_LOAD", message: why } });
    child.on("message", (answer) => done(answer as PredictReply));
    child.on("error", ({ message }) => fail(message));
    child.on("close", (code, name) =>
      fail(`llama.cpp's plan ended with ${name ?? `status ${code}`}: ${lastLine(trouble)}`),
    );
    child.send(request, (error) => error && fail(error.message));
  });
  if (signal?.aborted) throw new AppError("CANCELLED", "The prediction of memory was stopped.");
  return reply;
}

function lastLine(text: string): string {
  return visibleToken(text.trim().split("\n").at(-1) || "no reason was printed");
}
