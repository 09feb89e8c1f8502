/** A present-day mixture taken apart into the layout of December 2023, for tests of the way back. */

import { readFile } from "node:fs/promises";
import { type GgufValue, readGguf } from "../../src/models/index.ts";
import { type TensorToWrite, writeGguf } from "../../src/testing/index.ts";

export interface SplitOptions {
  readonly input: string;
  readonly output: string;
  /** Last changes before the file is written. */
  readonly change?: (file: { metadata: Map<string, GgufValue>; tensors: TensorToWrite[] }) => void;
}

/**
 * Writes every blk.N.ffn_*_exps.weight [a, b, experts] as blk.N.ffn_*.E.weight [a, b].
 * @returns the new file's path
 */
export async function splitExperts({ input, output, change }: SplitOptions): Promise<string> {
  const gguf = await readGguf(input);
  const bytes = new Uint8Array(await readFile(gguf.path));
  const tensors = gguf.tensors.flatMap(({ name, type, shape, offset, sizeBytes }): TensorToWrite[] => {
    const data = bytes.subarray(offset, offset + sizeBytes);
    const [columns = 1, rows = 1, experts = 1] = shape;
    if (!name.includes("_exps.")) return [{ name, type, shape, data }];
    const size = sizeBytes / experts;
    return Array.from({ length: experts }, (_, expert) => ({
      name: name.replace("_exps.", `.${expert}.`),
      type,
      shape: [columns, rows],
      data: data.subarray(expert * size, (expert + 1) * size),
    }));
  });
  const metadata = new Map(gguf.metadata);
  change?.({ metadata, tensors });
  await writeGguf({ path: output, metadata, tensors });
  return output;
}
