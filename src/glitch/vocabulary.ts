/** What each token id is, before the model is asked anything. Only `normal` ones can be glitch tokens. */

import type { Tokenizer } from "../engine/index.ts";
import { TOKEN_CLASSES, type TokenClass } from "./evidence.ts";

/** The vocabulary, indexed by id. */
export interface Vocabulary {
  readonly classes: readonly TokenClass[];
  /** The exact text; undefined for control, byte, unused and undecodable tokens. */
  readonly texts: readonly (string | undefined)[];
  /** How many ids each class has. */
  readonly counts: Readonly<Record<TokenClass, number>>;
  /** Ids of class `normal`, ascending: the candidates of every search. */
  readonly candidates: readonly number[];
  /**
   * Ids that training can't have shown: unknown, unused, and byte tokens of the ASCII range whose character
   * has a piece of its own, so that no text becomes them (Land and Bartolo 2024, section 3.1). May be empty.
   */
  readonly knownUnused: readonly number[];
}

/**
 * What the text is put behind to see whether it comes back as one id. The first keeps a leading space from
 * being doubled; the others serve where the first one fuses with the text into a longer piece.
 */
const ANCHORS = ["«", "\n", "1"];

/** Tokenisations between two turns of the event loop: a few milliseconds. */
const IDS_PER_TURN = 2_000;

/**
 * Classifies all ids by kind, UTF-8 and round trip: a token is reachable if its text, behind an anchor,
 * tokenises to the anchor and this id alone. No rule looks at what a text says.
 */
export async function classifyVocabulary(model: Tokenizer, signal?: AbortSignal): Promise<Vocabulary> {
  const size = model.info.vocabulary;
  const anchors = await Promise.all(
    ANCHORS.map(async (text) => ({ text, ids: await model.tokenize(text, { continuation: true }) })),
  );
  const isReachable = async (id: number, text: string) => {
    for (const anchor of anchors) {
      const ids = await model.tokenize(anchor.text + text, { continuation: true });
      if (ids.length === anchor.ids.length + 1 && ids.at(-1) === id) return true;
    }
    return false;
  };

  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const classes: TokenClass[] = [];
  const texts: (string | undefined)[] = [];
  for (let id = 0; id < size; id++) {
    if (id % IDS_PER_TURN === IDS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const kind = model.tokenKind(id);
    let text: string | undefined;
    let group: TokenClass;
    if (kind === "control" || kind === "unknown") group = "control";
    else if (kind === "byte" || kind === "unused") group = kind;
    else {
      text = decode(decoder, model.tokenBytes(id));
      if (text === undefined) group = "undecodable";
      else group = (await isReachable(id, text)) ? "normal" : "unreachable";
    }
    classes.push(group);
    texts.push(text);
  }

  const counts = Object.fromEntries(TOKEN_CLASSES.map((name) => [name, 0])) as Record<TokenClass, number>;
  for (const name of classes) counts[name]++;
  const candidates = [...classes.keys()].filter((id) => classes[id] === "normal");
  return { classes, texts, counts, candidates, knownUnused: findUnused(model, classes, texts) };
}

/** Text of the bytes, or undefined if they are none: half a character, or nothing at all. */
function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function findUnused(
  model: Tokenizer,
  classes: readonly TokenClass[],
  texts: readonly (string | undefined)[],
): number[] {
  const pieces = new Set(texts);
  return [...classes.keys()].filter((id) => {
    const kind = model.tokenKind(id);
    if (kind === "unused" || kind === "unknown") return true;
    const [byte = 0x80] = kind === "byte" ? model.tokenBytes(id) : [];
    return byte < 0x80 && pieces.has(String.fromCharCode(byte));
  });
}
