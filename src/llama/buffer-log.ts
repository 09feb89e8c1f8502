/**
 * What llama.cpp says in its log about buffers: its API tells the size of the weights alone. The lines are those
 * of src/llama-model.cpp, llama-kv-cache.cpp and llama-context.cpp (v0.4.0); a test reads them of a real load.
 */

export interface BufferSizes {
  /** Device of each layer, the output layer behind the last: "CPU", "CUDA0". */
  readonly layers: ReadonlyMap<number, string>;
  /** Buffer type of each tensor that was placed by a pattern: "CPU", "CPU_REPACK". */
  readonly tensors: ReadonlyMap<string, string>;
  /** Bytes of weights by buffer; zeros in a load without allocation. */
  readonly weights: ReadonlyMap<string, number>;
  /** Bytes of keys and values by device. */
  readonly kvCache: ReadonlyMap<string, number>;
  /** Bytes of compute buffers, and of the rows of logits, by buffer. */
  readonly compute: ReadonlyMap<string, number>;
}

const MIB = 2 ** 20;

/** Reads the lines of one load and one context. */
export function readBufferLog(lines: readonly string[]): BufferSizes {
  const layers = new Map<number, string>();
  const tensors = new Map<string, string>();
  const weights = new Map<string, number>();
  const kvCache = new Map<string, number>();
  const compute = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, bytes: number) =>
    to.set(name, (to.get(name) ?? 0) + bytes);
  // A cache names its layers and then its size, which they share alike; models with windows have two caches.
  let cacheLayers: string[] = [];
  for (const line of lines) {
    const layer = /load_tensors: layer +(\d+) assigned to device ([^,]+),/.exec(line);
    const tensor = /tensor (\S+) \(\d+ MiB \S+\) buffer type overridden to (\S+)/.exec(line);
    const cached = /layer +\d+: dev = (\S+)/.exec(line);
    const cache = /: size = +([\d.]+) MiB \( *\d+ cells/.exec(line);
    const buffer = /: +(\S+) +(model|compute|output) buffer size = +([\d.]+) MiB/.exec(line);
    if (layer) layers.set(Number(layer[1]), layer[2]!);
    else if (tensor) tensors.set(tensor[1]!, tensor[2]!);
    else if (cached) cacheLayers.push(cached[1]!);
    else if (cache) {
      for (const device of cacheLayers) add(kvCache, device, (Number(cache[1]) * MIB) / cacheLayers.length);
      cacheLayers = [];
    } else if (buffer) add(buffer[2] === "model" ? weights : compute, buffer[1]!, Number(buffer[3]) * MIB);
  }
  return { layers, tensors, weights, kvCache, compute };
}
