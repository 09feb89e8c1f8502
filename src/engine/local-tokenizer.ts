/** The tokenizer of a model file through llama.cpp, without its weights: a 26 GB file opens in a moment. */

import { type LlamaModel, loadLibrary, loadModel } from "../llama/index.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { describeModel, fingerprint, readGguf } from "../models/index.ts";
import type { Tokenizer } from "./language-model.ts";
import { tokenizeContinuation, tokenKindOf } from "./token-text.ts";

export interface LocalTokenizerOptions {
  /** A GGUF file, or the first of its shards. */
  path: string;
  /** What to call the model. @default the file's stem */
  name?: string | undefined;
  unsafeLib?: string | undefined;
  signal?: AbortSignal | undefined;
  logger?: Logger | undefined;
}

/**
 * Opens a model file's tokenizer. `info.context` is what the model was trained for, as there is none to run.
 * @throws MODEL_INVALID, MODEL_LOAD, LIBRARY, CANCELLED
 */
export async function openLocalTokenizer(options: LocalTokenizerOptions): Promise<Tokenizer> {
  const { path, name, unsafeLib, signal, logger = silentLogger } = options;
  const description = describeModel(await readGguf(path));
  const library = loadLibrary({ gpu: "off", unsafeLib, logger });
  const native = await loadModel(library, { path, vocabularyOnly: true, signal });
  try {
    return {
      info: {
        ...description,
        ...(name !== undefined && { name }),
        fingerprint: await fingerprint(path),
        vocabulary: native.vocabulary,
        context: description.contextTrained,
        bos: native.bos,
        eos: native.eos,
      },
      ...tokenizerOf(native),
      async close() {
        native.dispose();
      },
    };
  } catch (error) {
    native.dispose();
    throw error;
  }
}

/** The port's text functions over a loaded model. */
export function tokenizerOf(native: LlamaModel): Omit<Tokenizer, "info" | "close"> {
  return {
    async tokenize(text, { bos = false, special = false, continuation = false } = {}) {
      return continuation ? tokenizeContinuation(native, text, special) : native.tokenize(text, bos, special);
    },
    async detokenize(ids, { special = false } = {}) {
      return native.detokenize(ids, special);
    },
    tokenBytes: (id) => native.tokenBytes(id, false),
    tokenKind: (id) => tokenKindOf(native.tokenAttributes(id)),
  };
}
