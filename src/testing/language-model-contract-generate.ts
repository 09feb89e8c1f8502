/** The part of the LanguageModel contract that is about generation. */

import { beforeAll, describe, expect, it } from "vitest";
import type { GenerateEvent, GenerateRequest, LanguageModel } from "../engine/index.ts";

/** All events of a stream. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

type End = Extract<GenerateEvent, { type: "end" }>;
type Token = Extract<GenerateEvent, { type: "token" }>;

/** Events of a generation, by kind; ends in the order of samples. */
async function run(model: LanguageModel, request: GenerateRequest) {
  const events = await collect(model.generate(request));
  const tokens = events.filter((event): event is Token => event.type === "token");
  const ends = events.filter((event): event is End => event.type === "end");
  return { tokens, ends: ends.sort((a, b) => a.sample - b.sample) };
}

/**
 * Describes generation for one adapter.
 * @param open the shared model and a prompt that ends where a quoted word must be repeated
 * @param tolerance how far two computations of the same log-probability may differ
 */
export function describeGenerate(
  open: () => { model: LanguageModel; prompt: readonly number[] },
  tolerance: number,
): void {
  describe("generate", () => {
    let model: LanguageModel;
    let prompt: readonly number[];
    beforeAll(() => {
      ({ model, prompt } = open());
    });

    it("takes the argmax of probe when greedy", async () => {
      const { tokens, ends } = await run(model, { prompt, maxTokens: 6, ignoreEos: true });
      expect(tokens).toHaveLength(6);
      expect(ends).toHaveLength(1);
      expect(ends[0]).toMatchObject({
        reason: "length",
        promptTokens: prompt.length,
        completionTokens: 6,
      });
      const sequence = [...prompt];
      for (const { id } of tokens) {
        const [result] = await collect(model.probe([], [{ tail: [...sequence], target: id }], { topK: 2 }));
        const margin = Math.log(result!.top[0]!.p) - Math.log(result!.top[1]!.p);
        if (margin > tolerance) expect(result!.top[0]!.id).toBe(id);
        sequence.push(id);
      }
    });

    it("reports the log-probabilities that probe gives", async () => {
      const { tokens } = await run(model, { prompt, maxTokens: 1, ignoreEos: true, logprobs: 3 });
      const [token] = tokens;
      const [result] = await collect(model.probe([], [{ tail: prompt, target: token!.id }], { topK: 3 }));
      expect(Math.abs(token!.logprob! - result!.logp)).toBeLessThanOrEqual(tolerance);
      expect(token!.top).toHaveLength(3);
      expect(token!.top![0]!.id).toBe(result!.top[0]!.id);
    });

    it("samples repeatably by seed, and differently by sample", async () => {
      const request = { prompt, maxTokens: 12, n: 4, seed: 7, temperature: 3, ignoreEos: true };
      const idsOf = ({ tokens }: { tokens: Token[] }, sample: number) =>
        tokens.filter((token) => token.sample === sample).map(({ id }) => id);
      const first = await run(model, request);
      const again = await run(model, request);
      expect(first.ends.map(({ sample }) => sample)).toEqual([0, 1, 2, 3]);
      for (const sample of [0, 1, 2, 3]) expect(idsOf(again, sample)).toEqual(idsOf(first, sample));
      expect(new Set([0, 1, 2, 3].map((sample) => idsOf(first, sample).join())).size).toBeGreaterThan(1);
      // Sample i of seed s is the only sample of seed s + i.
      const alone = await run(model, { ...request, n: 1, seed: 9 });
      expect(idsOf(alone, 0)).toEqual(idsOf(first, 2));
    });

    it("ends before the first stop string, and no event shows any of it", async () => {
      const whole = (await run(model, { prompt, maxTokens: 12, ignoreEos: true })).ends[0]!.text;
      const characters = [...whole];
      const stop = characters.slice(2, 4).join("");
      expect(stop).not.toBe("");
      const { tokens, ends } = await run(model, { prompt, maxTokens: 12, ignoreEos: true, stop: [stop] });
      expect(ends[0]!.text).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(ends[0]!.reason).toBe("stop");
      expect(tokens.map(({ text }) => text).join("") + ends[0]!.rest).toBe(ends[0]!.text);
    });

    it("gives pieces of text that join to the whole", async () => {
      const { tokens, ends } = await run(model, {
        prompt,
        maxTokens: 16,
        ignoreEos: true,
        temperature: 2,
        seed: 3,
      });
      expect(tokens.map(({ text }) => text).join("") + ends[0]!.rest).toBe(ends[0]!.text);
    });

    it("never gives a banned token", async () => {
      const { tokens } = await run(model, { prompt, maxTokens: 1, ignoreEos: true });
      const logitBias = new Map([[tokens[0]!.id, Number.NEGATIVE_INFINITY]]);
      const banned = await run(model, { prompt, maxTokens: 8, ignoreEos: true, logitBias });
      expect(banned.tokens.map(({ id }) => id)).not.toContain(tokens[0]!.id);
    });

    it("goes on working after a reader has left early", async () => {
      for await (const _ of model.generate({ prompt, maxTokens: 64, ignoreEos: true })) break;
      for await (const _ of model.probe(prompt, [
        { tail: [1], target: 1 },
        { tail: [2], target: 1 },
      ]))
        break;
      expect((await run(model, { prompt, maxTokens: 2, ignoreEos: true })).tokens).toHaveLength(2);
    });
  });
}
