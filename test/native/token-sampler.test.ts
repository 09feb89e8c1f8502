// Our choice of tokens against llama.cpp's own samplers over the whole vocabulary.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import { logitRow } from "../../src/engine/logit-row.ts";
import { createNucleus } from "../../src/engine/nucleus.ts";
import { createTokenSampler } from "../../src/engine/token-sampler.ts";
import { createSampler, type LlamaModel, loadLibrary, loadModel } from "../../src/llama/index.ts";

const path = "models/lab-moe.gguf";
let model: LlamaModel;
beforeAll(async () => {
  model = await loadModel(loadLibrary({ gpu: "off" }), { path, vocabularyOnly: true });
});
afterAll(() => model.dispose());

const PLAIN = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyLastN: 64,
  seed: 0,
};

const options = fc.record({
  temperature: fc.constantFrom(0, 0.2, 0.7, 1, 2.5),
  topK: fc.constantFrom(0, 1, 40, 300),
  topP: fc.constantFrom(1, 0.9),
  minP: fc.constantFrom(0, 0.05),
  repeatPenalty: fc.constantFrom(1, 1, 1.3),
  frequencyPenalty: fc.constantFrom(0, 0, 0.5),
  seed: fc.nat(1_000),
});

/** Logits as models have them: a few stand out, by more or less. */
function rowOf(seed: number, spread: number): Float32Array {
  return Float32Array.from({ length: model.vocabulary }, (_, id) => {
    const noise = Math.sin(seed * 7_919 + id * 104_729) * 43_758.5453;
    return (noise - Math.floor(noise)) ** 4 * spread;
  });
}

describe("a choice of tokens", () => {
  it("is that of llama.cpp's samplers over all candidates, but where rounding decides", () => {
    let draws = 0;
    let different = 0;
    fc.assert(
      fc.property(options, fc.nat(1_000), fc.constantFrom(0, 1, 12, 60), (some, seed, spread) => {
        // Which of equal ones top-k keeps is a matter of how it sorts; and llama.cpp adds chances up in float32, so
        // where thousands are alike top-p may end one of them later. nucleus.test.ts holds those against the definition.
        if ((spread === 0 && some.topK > 0) || (spread < 60 && some.topP < 1)) return;
        const ours = createTokenSampler(model, { ...PLAIN, ...some });
        const theirs = createSampler(model, { ...PLAIN, ...some });
        try {
          for (let step = 0; step < 5; step++) {
            const logits = rowOf(seed + (step % 3), spread);
            const token = theirs.draw(logits, undefined);
            theirs.accept(token);
            const isSame = ours.sample(logits) === token;
            if (some.temperature === 0) expect(isSame).toBe(true);
            draws++;
            if (!isSame) different++;
          }
        } finally {
          ours.dispose();
          theirs.dispose();
        }
      }),
      { numRuns: 120 },
    );
    expect(different / draws).toBeLessThan(0.02);
  });

  it("keeps of many alike as many as top-p says, give or take rounding", () => {
    const cut = createNucleus({ temperature: 1, topK: 0, topP: 0.9 });
    const flat = new Float32Array(10_000).fill(3);
    expect(Math.abs(cut.ofAll(logitRow(flat))!.length - 9_000)).toBeLessThanOrEqual(1);
    expect(cut.of(flat, [5, 6, 7, 8])).toEqual([5, 6, 7, 8]);
    expect(createNucleus({ temperature: 1, topK: 2, topP: 1 }).of(flat, [7, 5, 6])).toEqual([5, 6]);
  });

  it("obeys a grammar, greedy as drawn, and finds what lies far below the best", () => {
    const yes = model.tokenize("yes", false, false);
    const grammar = 'root ::= "yes" | "no"';
    for (const temperature of [0, 1]) {
      const sampler = createTokenSampler(model, { ...PLAIN, temperature, grammar });
      const text: number[] = [];
      for (let step = 0; step < 8 && !model.endsGeneration(text.at(-1) ?? yes[0]!); step++) {
        // Every token but those that begin "yes" is far likelier.
        const logits = new Float32Array(model.vocabulary).fill(40);
        for (let id = 0; id < model.vocabulary; id++)
          if ("yes".startsWith(String.fromCharCode(...model.tokenBytes(id, false)))) logits[id] = -5;
        text.push(sampler.sample(logits));
      }
      sampler.dispose();
      expect(["yes", "no"]).toContain(model.detokenize(text, false).trim());
    }
  });

  it.each(["", "\0", 'root ::= "a"\0 "b"', " \n", 'other ::= "x"', "root ::= ["])(
    "is refused with the grammar %j",
    (grammar) => {
      // An answer without bounds would be the worst reading of an empty one.
      for (const temperature of [0, 1])
        expect(() => createTokenSampler(model, { ...PLAIN, temperature, grammar })).toThrow(
          expect.objectContaining({ code: "USAGE", message: expect.stringContaining("grammar") }),
        );
    },
  );

  it("adds biases first, and never gives a banned token", () => {
    const logits = rowOf(5, 20);
    const first = createTokenSampler(model, PLAIN).sample(logits);
    const logitBias = new Map([[first, Number.NEGATIVE_INFINITY]]);
    const second = createTokenSampler(model, { ...PLAIN, logitBias }).sample(logits);
    expect(logits[second]).toBe(logits.toSorted((a, b) => b - a)[1]);
    const drawn = createTokenSampler(model, { ...PLAIN, logitBias, temperature: 0.5 });
    for (let i = 0; i < 50; i++) expect(drawn.sample(logits)).not.toBe(first);
    drawn.dispose();
    const raised = createTokenSampler(model, { ...PLAIN, logitBias: new Map([[77, 100]]) });
    expect(raised.sample(logits)).toBe(77);
  });

  it("tells that the weights are damaged, or that everything is banned", () => {
    const logits = new Float32Array(model.vocabulary).fill(Number.NaN);
    const all = new Map(Array.from({ length: model.vocabulary }, (_, id) => [id, Number.NEGATIVE_INFINITY]));
    for (const some of [
      {},
      { temperature: 0.5 },
      { temperature: 1, topP: 0.9 },
      { temperature: 1, topK: 300 },
    ]) {
      const sampler = createTokenSampler(model, { ...PLAIN, ...some });
      expect(() => sampler.sample(logits)).toThrow(expect.objectContaining({ code: "MODEL_INVALID" }));
      sampler.dispose();
      const banned = createTokenSampler(model, { ...PLAIN, ...some, logitBias: all });
      const left = () => banned.sample(rowOf(1, 12));
      expect(left).toThrow(expect.objectContaining({ code: "OUTPUT_INVALID" }));
      banned.dispose();
    }
  });
});

it("a request whose bans leave its grammar nothing fails alone, and the process goes on", async () => {
  const whole = await openLocalModel({ path, threads: 1, gpu: "off", context: 256 });
  const prompt = await whole.tokenize("Once upon a time", { bos: true });
  const run = async (request: object) => {
    for await (const event of whole.generate({ prompt, maxTokens: 20, ignoreEos: true, ...request }))
      if (event.type === "end") return event.text;
  };
  const alone = await run({});
  const logitBias = new Map<number, number>();
  for (let id = 0; id < whole.info.vocabulary; id++)
    if (whole.tokenBytes(id).includes("b".charCodeAt(0))) logitBias.set(id, Number.NEGATIVE_INFINITY);
  for (const temperature of [0, 1]) {
    const beside = run({});
    const stuck = run({ grammar: 'root ::= "a" "b"', logitBias, temperature });
    await expect(stuck).rejects.toMatchObject({ code: "OUTPUT_INVALID" });
    expect(await beside).toBe(alone);
  }
  expect(whole.usage).toMatchObject({ reserved: 0, active: 0 });
  await whole.close();
});
