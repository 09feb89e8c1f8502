/** Text becomes tokens and the same text again: fixed texts of many scripts, and random ones. */

import type { LanguageModel } from "../../../engine/index.ts";
import { createRandom } from "../../../random.ts";
import type { IntegrationCheck } from "../check.ts";
import { deriveSeed } from "../draw.ts";
import { PIECES, TEXTS } from "../samples.ts";
import { count, shown } from "../words.ts";

const LONGEST_PIECES = 24;

export const roundTripCheck: IntegrationCheck = {
  id: "round-trip",
  asks: "whether texts of all kinds come back from the tokenizer byte for byte",
  run: async ({ model, seed, counts, signal }) => {
    const random = createRandom(deriveSeed(seed, "texts"));
    const pick = () => PIECES[Math.floor(random() * PIECES.length)]!;
    const made = Array.from({ length: counts.texts }, () =>
      Array.from({ length: 1 + Math.floor(random() * LONGEST_PIECES) }, pick).join(""),
    );
    const texts = [...TEXTS, ...made];
    const broken: string[] = [];
    let tokens = 0;
    let bytes = 0;
    for (const text of texts) {
      signal.throwIfAborted();
      const ids = await model.tokenize(text, { continuation: true });
      tokens += ids.length;
      bytes += Buffer.byteLength(text);
      if (!(await comesBack(model, text, ids))) broken.push(text);
    }
    const message = `${count(texts.length - broken.length)} of ${count(texts.length)} texts come back, ${(bytes / tokens).toFixed(2)} bytes a token`;
    const figures = { texts: texts.length, broken: broken.length, bytesPerToken: bytes / tokens };
    if (broken.length === 0) return { status: "ok", message, figures };
    return {
      status: "fail",
      message: `${message}; the first that does not: «${shown(broken[0]!)}»`,
      hint: "The tokenizer changes texts; look at that one with `assay token TEXT`.",
      figures,
    };
  },
};

/** By the bytes of its tokens, and as text, where SentencePiece may drop one space at the start. */
async function comesBack(model: LanguageModel, text: string, ids: readonly number[]): Promise<boolean> {
  const said = Buffer.concat(ids.map((id) => model.tokenBytes(id)));
  const back = await model.detokenize(ids);
  return said.equals(Buffer.from(text)) && (back === text || ` ${back}` === text);
}
