/** Vocabulary and special tokens: lists of one length, ids inside, nothing over which llama.cpp would end the process. */

import { visibleToken } from "../../visible-token.ts";
import { findTensor, type Gguf } from "../gguf/gguf.ts";
import { bytesAt, numberOf, numbersOf, type StringList, stringsOf, textOf } from "../gguf/metadata.ts";
import { type Finding, fail, firstFew, ok, warn } from "./model-check.ts";

const SPECIAL = ["bos", "eos", "unknown", "padding", "separator", "eot"];
const AGAIN = "Convert the model again, or get another conversion.";

export function checkTokenizer(gguf: Gguf): Finding {
  const kind = textOf(gguf, "tokenizer.ggml.model");
  const tokens = stringsOf(gguf, "tokenizer.ggml.tokens");
  if (kind === undefined || tokens === undefined || tokens.ends.length === 0)
    return fail("The file has no tokenizer.", AGAIN);
  const problem =
    unequalLists(gguf, tokens) ??
    wrongScores(gguf) ??
    idsOutside(gguf, tokens) ??
    ambiguousTexts(kind, tokens);
  if (problem !== undefined) return fail(problem, AGAIN);
  const count = tokens.ends.length;
  if (numberOf(gguf, "tokenizer.ggml.eos_token_id") === undefined)
    return warn(
      `${count} tokens, but the file does not say which one ends a text.`,
      "llama.cpp takes its own default; answers that never end are the sign of a wrong one.",
    );
  return ok(`${count} tokens (${visibleToken(kind)}), special ids inside, no text twice`);
}

function unequalLists(gguf: Gguf, tokens: StringList): string | undefined {
  const count = tokens.ends.length;
  const lists = {
    scores: numbersOf(gguf, "tokenizer.ggml.scores")?.length,
    types: numbersOf(gguf, "tokenizer.ggml.token_type")?.length,
    "rows of the embedding": findTensor(gguf, "token_embd.weight")?.shape[1],
  };
  const wrong = Object.entries(lists).filter(([, length]) => length !== undefined && length !== count);
  if (wrong.length === 0) return undefined;
  return `The vocabulary has ${count} tokens, but ${wrong.map(([name, length]) => `${length} ${name}`).join(" and ")}.`;
}

function wrongScores(gguf: Gguf): string | undefined {
  const scores = numbersOf(gguf, "tokenizer.ggml.scores");
  if (!(scores instanceof Float32Array)) return undefined;
  const id = scores.findIndex(Number.isNaN);
  return id < 0 ? undefined : `The score of token ${id} is no number.`;
}

function idsOutside(gguf: Gguf, tokens: StringList): string | undefined {
  const wrong = SPECIAL.flatMap((name) => {
    const id = numberOf(gguf, `tokenizer.ggml.${name}_token_id`);
    return id === undefined || (id >= 0 && id < tokens.ends.length) ? [] : [`${name} is ${id}`];
  });
  return wrong.length === 0
    ? undefined
    : `Special ids lie outside the ${tokens.ends.length} tokens: ${wrong.join(", ")}.`;
}

/** Over either of these llama.cpp ends the process: at once, or at the first text with such a byte (src/llama-vocab.cpp). */
function ambiguousTexts(kind: string, tokens: StringList): string | undefined {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (let id = 0; id < tokens.ends.length; id++) {
    // By bytes: as text all that is not UTF-8 would look the same.
    const bytes = Buffer.from(bytesAt(tokens, id)).toString("latin1");
    if (seen.has(bytes)) twice.add(bytes);
    seen.add(bytes);
  }
  if (twice.size > 0) {
    const shown = [...twice].map(
      (bytes) => `"${visibleToken(Buffer.from(bytes, "latin1").subarray(0, 40))}"`,
    );
    return `${twice.size} texts stand for two tokens each: ${firstFew(shown)}.`;
  }
  if (kind !== "llama") return undefined;
  const missing = Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => !seen.has(byteToken(byte)) && !seen.has(String.fromCharCode(byte)),
  );
  if (missing.length === 0) return undefined;
  return `${missing.length} bytes have no token: ${firstFew(missing.map(byteToken))}.`;
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}
