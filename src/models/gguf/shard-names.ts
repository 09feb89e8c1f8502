/** Names of models in several files, as llama-gguf-split makes them: model-00001-of-00003.gguf. */

const SHARD_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** Paths of all shards of the model that this file belongs to; undefined for an ordinary name. */
export function shardPaths(path: string): string[] | undefined {
  const [, stem, number, total] = path.match(SHARD_NAME) ?? [];
  if (stem === undefined) return undefined;
  const count = Number(total);
  if (count < 1 || Number(number) < 1 || Number(number) > count) return undefined;
  return Array.from(
    { length: count },
    (_, index) => `${stem}-${String(index + 1).padStart(5, "0")}-of-${total}.gguf`,
  );
}

/** The file name without ".gguf" and without the shard's number. */
export function modelStem(fileName: string): string {
  return fileName.replace(/(-\d{5}-of-\d{5})?\.gguf$/i, "");
}
