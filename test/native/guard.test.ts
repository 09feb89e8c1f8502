// The guard on a real tokenizer and a real model: arbitrary text through llama.cpp, and the repair of some of the
// tokens that a census by probes alone finds.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import {
  alignText,
  classifyVocabulary,
  createGuard,
  guardVocabulary,
  measureRepair,
  mine,
  mineSettings,
  pieceScores,
  readIndicators,
} from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { readGguf } from "../../src/models/index.ts";
import { openStore } from "../../src/store/index.ts";

const path = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-guard-"));
const model = await openLocalModel({ path, gpu: "off", stepMs: 1000 });
const gguf = await readGguf(path);
const classes = await classifyVocabulary(model);
const vocabulary = guardVocabulary(model, classes, pieceScores(gguf));
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

const bytesOf = (ids: readonly number[]) => Buffer.concat(ids.map((id) => vocabulary.bytes[id]!));

describe("the guard on llama.cpp's tokenizer", () => {
  const anyText = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          " the",
          " skilled",
          " lawyer",
          "lawyer",
          "\n",
          "\r\n",
          "    ",
          "\t",
          "</s>",
          "[INST]",
          "«",
        ),
        fc.string({ unit: "binary", maxLength: 5 }),
        fc.string({ unit: "grapheme", maxLength: 5 }),
        fc.constantFrom(
          "\0",
          "\ud800",
          "👩‍👩‍👧",
          "e\u0301\u0327",
          "שלום",
          "\u202e",
          "▁",
          "\ufeff",
          "Привет",
          "日本語",
        ),
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join(""));

  it("keeps arbitrary Unicode byte for byte without a banned id", async () => {
    const anyId = fc.nat({ max: model.info.vocabulary - 1 });
    const property = fc.asyncProperty(
      anyText,
      fc.uniqueArray(anyId, { maxLength: 300 }),
      async (text, others) => {
        const ids = await model.tokenize(text);
        // Half of the text's own tokens, so that there is always something to do.
        const own = ids.filter((id, index) => index % 2 === 0 && classes.classes[id] === "normal");
        const banned = [...own, ...others.filter((id) => classes.classes[id] !== "byte")];
        const guard = createGuard({ vocabulary, banned });
        const { ids: result, unrepaired } = guard.rewrite(ids);
        expect(unrepaired).toEqual([]);
        expect(guard.scan(result)).toEqual([]);
        expect(bytesOf(result).equals(bytesOf(ids))).toBe(true);
        expect(await model.detokenize(result)).toBe(await model.detokenize(ids));
        // Against the text itself: SentencePiece puts a space before it and reads U+2581 as one.
        const wanted = Buffer.from(text.replaceAll("▁", " "));
        const said = bytesOf(result);
        expect(said.subarray(said.length - wanted.length).equals(wanted)).toBe(true);
        expect(said.length - wanted.length).toBeLessThanOrEqual(1);
        expect(alignText(text, ids, vocabulary)).toBeDefined();
        expect(guard.rewrite(result).ids).toEqual(result);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it("rewrites to ids, as the text alone would become the banned token again", async () => {
    const [id] = await model.tokenize(" lawyer", { continuation: true });
    const { ids } = createGuard({ vocabulary, banned: [id!] }).rewrite([id!]);
    expect(ids).not.toContain(id);
    expect(await model.tokenize(bytesOf(ids).toString(), { continuation: true })).toEqual([id]);
  });
});

it("repairs most of the confirmed tokens whose text needs no byte tokens", async () => {
  const store = await openStore({ path: join(folder, "guard.db") });
  const { name, fingerprint, quantisation } = model.info;
  // The whole vocabulary: what the mine did not find would be brought in as a piece.
  const settings = mineSettings({ validation: null });
  const writer = await store.createRun({
    kind: "mine",
    model: { name, path, fingerprint, quantisation },
    settings,
  });
  try {
    const result = await mine({
      model,
      settings,
      writer,
      readIndicators: (options) => readIndicators(loadLibrary({ gpu: "off" }), gguf, options),
    });
    const { summary, texts, broken } = await measureRepair({
      model,
      vocabulary: classes,
      guardVocabulary: vocabulary,
      result,
      seed: 1,
      most: 60,
    });
    const { repaired } = summary.withoutByteTokens;
    console.log(`repaired ${repaired.hits} of ${repaired.of}; ${broken.length} of ${texts.length} broken`);
    expect(summary.keptPrompts.length).toBeGreaterThan(0);
    expect(repaired.of).toBeGreaterThan(10);
    // All of them give 0.97; a few dozen spread around that.
    expect(repaired.estimate).toBeGreaterThanOrEqual(0.9);
    // The very same prompts fail with the token itself.
    expect(summary.unguarded.repaired.estimate).toBeLessThanOrEqual(0.1);
    expect(broken).toHaveLength(summary.guarded.repaired.of - summary.guarded.repaired.hits);
    for (const { reasons } of broken) expect(reasons.length).toBeGreaterThan(0);
  } finally {
    await writer.close();
    await store.close();
  }
}, 600_000);
