/** Repairs a file with split experts: plan, copy, proof, and only then the name. */

import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { Gguf, GgufTensor } from "../gguf/gguf.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { fillGguf } from "../gguf/write-gguf.ts";
import { writeOutputFile } from "../output-file.ts";
import { flushBehind } from "./flush-behind.ts";
import { type PlannedTensor, planRepair, type RepairPlan } from "./plan-repair.ts";
import { openPieces } from "./read-pieces.ts";
import { hashTarget, type TargetHashes } from "./target-hashes.ts";

export interface RepairOptions {
  /** The file, or any of its shards. */
  readonly input: string;
  /** One file, whether the input is in shards or not. */
  readonly output: string;
  /** Bytes of data written and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /**
   * Tries the finished file before it gets its name; whatever this throws ends the repair and nothing is left.
   * @default no try
   */
  readonly tryOut?: ((temporary: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RepairResult {
  readonly plan: RepairPlan;
  readonly path: string;
  readonly sizeBytes: number;
  /** Every tensor of the old file with the SHA-256 that its bytes have there and in the new one. */
  readonly proof: readonly { readonly name: string; readonly sha256: string; readonly sizeBytes: number }[];
}

/**
 * Lays split experts one behind the other and fixes the metadata; no weight changes. Streams: some MiB of
 * memory whatever the size. Each piece is hashed as it is read and again from what was written.
 * @returns undefined, with nothing written, for a file that needs no repair
 * @throws as planRepair; USAGE if the output would replace the input; DISK_FULL before anything is written;
 * DATA_UNAVAILABLE if what was written does not read back the same; CANCELLED
 *
 * @example
 * await repairModel({ input: "mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf", output: "mixtral.gguf" });
 */
export async function repairModel(options: RepairOptions): Promise<RepairResult | undefined> {
  const { input, output, tryOut } = options;
  const source = await readGguf(input);
  const plan = planRepair(source);
  await refuseSameFile(source, output);
  if (!plan) return undefined;
  const sizeBytes = plan.layout.fileSize;
  let proof: RepairResult["proof"] = [];
  await writeOutputFile(output, { expectedBytes: sizeBytes }, async (temporary) => {
    proof = await copy(plan, temporary, options);
    await checkTable(plan, temporary);
    await tryOut?.(temporary);
  });
  return { plan, path: output, sizeBytes, proof };
}

async function refuseSameFile(source: Gguf, output: string): Promise<void> {
  const place = await placeOf(output);
  const inputs = await Promise.all(source.shards.map(({ path }) => placeOf(path)));
  if (inputs.includes(place))
    throw new AppError("USAGE", "The output would replace the input.", { hint: "Give another --output." });
}

/** The same for every path of a file: links lead to it, and a file to come is told by its folder. */
async function placeOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found) return `${found.dev}:${found.ino}`;
  const folder = await realpath(dirname(resolve(path))).catch(() => dirname(resolve(path)));
  return join(folder, basename(path));
}

/** Copies all tensors; a tensor's pieces are read back while the next one is copied. */
async function copy(
  plan: RepairPlan,
  temporary: string,
  { onProgress, signal }: RepairOptions,
): Promise<RepairResult["proof"]> {
  const pieces = await openPieces(plan.source, signal);
  const digests = new Map<GgufTensor, string>();
  const checks: Promise<void>[] = [];
  const flush = flushBehind(temporary);
  let target: TargetHashes | undefined;
  try {
    const tensors = plan.tensors.map((tensor) => ({
      ...tensor,
      async *data() {
        target ??= hashTarget(temporary);
        yield* pieces.read(tensor.pieces, (piece, digest) => digests.set(piece, digest));
        const check = compare(target, tensor, digests);
        check.catch(() => undefined);
        checks.push(check);
        flush.poke();
        // What is read back should still be in the system's cache.
        await checks.at(-1 - MAX_BEHIND);
      },
    }));
    await fillGguf(temporary, plan.layout, tensors, onProgress);
    await Promise.all(checks);
  } finally {
    await flush.end();
    await target?.close();
    await pieces.close();
  }
  return plan.tensors.flatMap((tensor) =>
    tensor.pieces.map((piece) => ({
      name: piece.name,
      sha256: digests.get(piece)!,
      sizeBytes: piece.sizeBytes,
    })),
  );
}

/** Tensors that may be written before one is read back: about 1 GiB of Mixtral. */
const MAX_BEHIND = 4;

async function compare(
  target: TargetHashes,
  { name, offset, pieces }: PlannedTensor,
  digests: ReadonlyMap<GgufTensor, string>,
): Promise<void> {
  let at = offset;
  for (const piece of pieces) {
    const digest = await target.hash(at, piece.sizeBytes);
    if (digest !== digests.get(piece))
      throw new AppError(
        "DATA_UNAVAILABLE",
        `${visibleToken(piece.name)} does not read back from ${visibleToken(name)} as it was written.`,
        {
          hint: "The disk or the memory of this machine is faulty: try another disk.",
          details: { tensor: piece.name, offset: at, sizeBytes: piece.sizeBytes },
        },
      );
    at += piece.sizeBytes;
  }
}

/** The new file's own table says what was planned: names, types, shapes, and places to the byte. */
async function checkTable(plan: RepairPlan, temporary: string): Promise<void> {
  const { tensors } = await readGguf(temporary);
  const row = ({ name, type, shape, offset, sizeBytes }: Omit<PlannedTensor, "pieces">) =>
    JSON.stringify([name, type, shape, offset, sizeBytes]);
  const isAsPlanned =
    tensors.length === plan.tensors.length &&
    tensors.every((tensor, index) => row(tensor) === row(plan.tensors[index]!));
  if (!isAsPlanned)
    throw new AppError(
      "DATA_UNAVAILABLE",
      "The table of the repaired file does not read back as it was planned.",
      {
        hint: "The disk or the memory of this machine is faulty: try another disk.",
      },
    );
}
