/**
 * What every adapter of the LanguageModel port must do, as tests. Nothing here knows which model answers: the
 * laws compare its answers with each other. Run it in a test file: `describeLanguageModel("local", open)`.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LanguageModel, ProbeResult } from "../engine/index.ts";
import { collect, describeGenerate } from "./language-model-contract-generate.ts";

/** How far two computations of the same probability may differ, as a difference of logs. */
export interface ContractTolerance {
  /**
   * Batches of other sizes add in another order.
   * @default 1e-6
   */
  logp?: number;
}

const TEXTS = [
  "The quick brown fox",
  "  two  spaces ",
  "naïve café → 日本 🙂",
  "line\nbreak\ttab",
  "«cat» → «",
];

const byIndex = (results: ProbeResult[]) => results.sort((a, b) => a.index - b.index);

function joinBytes(model: LanguageModel, ids: readonly number[]): string {
  return Buffer.concat(ids.map((id) => model.tokenBytes(id))).toString("utf8");
}

/**
 * Describes the contract for one adapter. `open` is called for a shared model and again wherever a test closes it.
 */
export function describeLanguageModel(
  name: string,
  open: () => Promise<LanguageModel>,
  { logp: tolerance = 1e-6 }: ContractTolerance = {},
): void {
  describe(`LanguageModel contract: ${name}`, () => {
    let model: LanguageModel;
    let prompt: number[];
    beforeAll(async () => {
      model = await open();
      prompt = await model.tokenize("Input: «cat»\nOutput: «cat»\nInput: «dog»\nOutput: «", { bos: true });
    });
    afterAll(() => model.close());

    describe("tokens", () => {
      it.each(TEXTS)("keeps the bytes of %j when it goes on after other text", async (text) => {
        const ids = await model.tokenize(text, { continuation: true });
        expect(joinBytes(model, ids)).toBe(text);
        expect(ids.every((id) => id >= 0 && id < model.info.vocabulary)).toBe(true);
      });

      it.each(TEXTS)("gives %j back, but for one space in front", async (text) => {
        const shown = await model.detokenize(await model.tokenize(text));
        expect([text, ` ${text}`]).toContain(shown);
      });

      it("puts the beginning of sequence first only when asked", async () => {
        const plain = await model.tokenize("cat");
        const begun = await model.tokenize("cat", { bos: true });
        expect(begun).toEqual(model.info.bos === undefined ? plain : [model.info.bos, ...plain]);
        expect(await model.tokenize("", { continuation: true })).toEqual([]);
      });

      it("knows control tokens, which stand for no bytes", () => {
        const { bos, eos } = model.info;
        for (const id of [bos, eos].filter((id) => id !== undefined)) {
          expect(model.tokenKind(id)).toBe("control");
          expect(model.tokenBytes(id)).toHaveLength(0);
        }
      });
    });

    describe("probe", () => {
      it("gives chances that agree with each other", async () => {
        const size = model.info.vocabulary;
        const tail = [prompt.at(-1)!];
        const everything = Array.from({ length: size }, (_, target) => ({ tail, target }));
        const results = byIndex(
          await collect(model.probe(prompt.slice(0, -1), everything.slice(0, 400), { topK: 5 })),
        );
        expect(results.map(({ index }) => index)).toEqual(everything.slice(0, 400).map((_, index) => index));
        const top = results[0]!.top;
        expect(top).toHaveLength(5);
        expect(top.map(({ p }) => p)).toEqual(top.map(({ p }) => p).sort((a, b) => b - a));
        for (const { index, p, logp, rank, entropy } of results) {
          expect(Math.abs(Math.exp(logp) - p)).toBeLessThan(1e-9);
          expect(rank).toBeGreaterThanOrEqual(1);
          expect(rank).toBeLessThanOrEqual(size);
          expect(entropy).toBeGreaterThanOrEqual(0);
          expect(entropy).toBeLessThanOrEqual(Math.log(size) + 1e-6);
          const place = top.findIndex(({ id }) => id === index);
          if (rank <= 5 || place >= 0) expect(place).toBe(rank - 1);
        }
      });

      it("gives chances that sum to one", async () => {
        const [result] = await collect(
          model.probe([], [{ tail: prompt, target: 0 }], { topK: model.info.vocabulary }),
        );
        const sum = result!.top.reduce((total, { p }) => total + p, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
        const entropy = -result!.top.reduce((total, { p }) => total + (p > 0 ? p * Math.log(p) : 0), 0);
        expect(Math.abs(entropy - result!.entropy)).toBeLessThan(1e-4);
      });

      it("does not depend on what is shared or asked beside it", async () => {
        const cases = [5, 9, prompt.length - 1].map((at) => ({
          tail: prompt.slice(1, at),
          target: prompt[at]!,
        }));
        const together = byIndex(await collect(model.probe(prompt.slice(0, 1), cases)));
        for (const [index, item] of cases.entries()) {
          const [alone] = await collect(
            model.probe([], [{ ...item, tail: [...prompt.slice(0, 1), ...item.tail] }]),
          );
          expect(Math.abs(alone!.logp - together[index]!.logp)).toBeLessThanOrEqual(tolerance);
        }
      });

      it("equals score on the same sequence", async () => {
        const scores = await model.score(prompt);
        expect(scores).toHaveLength(prompt.length);
        expect(scores[0]).toBeNaN();
        const cases = prompt.slice(2).map((target, i) => ({ tail: prompt.slice(1, i + 2), target }));
        for (const { index, logp } of await collect(model.probe(prompt.slice(0, 1), cases)))
          expect(Math.abs(logp - scores[index + 2]!)).toBeLessThanOrEqual(tolerance);
      });

      it("answers nothing for no cases and refuses an empty tail or an unknown id", async () => {
        expect(await collect(model.probe(prompt, []))).toEqual([]);
        const bad = async (tail: number[], target: number) =>
          collect(model.probe(prompt, [{ tail, target }]));
        await expect(bad([], 1)).rejects.toMatchObject({ code: "USAGE" });
        await expect(bad([1], model.info.vocabulary)).rejects.toMatchObject({ code: "USAGE" });
        await expect(bad([-1], 1)).rejects.toMatchObject({ code: "USAGE" });
      });
    });

    describe("distributions", () => {
      it("gives every id's chance after each token, as score and probe do", async () => {
        const rows = await collect(model.distributions(prompt));
        const scores = await model.score(prompt);
        expect(rows).toHaveLength(prompt.length);
        for (const [at, row] of rows.entries()) {
          expect(row).toHaveLength(model.info.vocabulary);
          expect(Math.abs(row.reduce((sum, logp) => sum + Math.exp(logp), 0) - 1)).toBeLessThan(1e-4);
          // float32 logs, of a size where the last bit is 2e-6.
          const next = prompt[at + 1];
          if (next !== undefined)
            expect(Math.abs(row[next]! - scores[at + 1]!)).toBeLessThan(tolerance + 1e-5);
        }
        const [probe] = await collect(
          model.probe(prompt.slice(0, -1), [{ tail: prompt.slice(-1), target: 7 }]),
        );
        expect(Math.abs(rows.at(-1)![7]! - probe!.logp)).toBeLessThan(tolerance + 1e-5);
      });

      it("gives nothing for no tokens, refuses unknown ids, and stops when its reader leaves", async () => {
        expect(await collect(model.distributions([]))).toEqual([]);
        const bad = async () => collect(model.distributions([model.info.vocabulary]));
        await expect(bad()).rejects.toMatchObject({ code: "USAGE" });
        for await (const row of model.distributions(prompt)) {
          expect(row).toHaveLength(model.info.vocabulary);
          break;
        }
      });
    });

    describeGenerate(() => ({ model, prompt }), tolerance);

    describe("bounds", () => {
      it("refuses more than the context holds and says how much", async () => {
        const { context } = model.info;
        const long = Array.from({ length: context + 1 }, () => prompt[1]!);
        const details = { promptTokens: context + 1, context };
        await expect(model.score(long)).rejects.toMatchObject({ code: "CONTEXT_FULL", details });
        const rows = async () => collect(model.distributions(long));
        await expect(rows()).rejects.toMatchObject({ code: "CONTEXT_FULL", details });
        const generate = async () => collect(model.generate({ prompt: long, maxTokens: 1 }));
        await expect(generate()).rejects.toMatchObject({ code: "CONTEXT_FULL", details });
        const probe = async () => collect(model.probe(long.slice(1), [{ tail: [1], target: 1 }]));
        await expect(probe()).rejects.toMatchObject({ code: "CONTEXT_FULL", details });
      });

      it("does nothing for a signal that was given up before", async () => {
        const signal = AbortSignal.abort();
        const probe = async () => collect(model.probe(prompt, [{ tail: [1], target: 1 }], { signal }));
        const generate = async () => collect(model.generate({ prompt, maxTokens: 4, signal }));
        await expect(probe()).rejects.toMatchObject({ code: "CANCELLED" });
        await expect(generate()).rejects.toMatchObject({ code: "CANCELLED" });
        await expect(model.score(prompt, { signal })).rejects.toMatchObject({ code: "CANCELLED" });
        const rows = async () => collect(model.distributions(prompt, { signal }));
        await expect(rows()).rejects.toMatchObject({ code: "CANCELLED" });
      });

      it("stops a generation within a step of its abort", async () => {
        const abort = new AbortController();
        const ids: number[] = [];
        const generate = async () => {
          const request = { prompt, maxTokens: 200, ignoreEos: true, signal: abort.signal };
          for await (const event of model.generate(request)) {
            if (event.type === "token") ids.push(event.id);
            if (ids.length === 3) abort.abort();
          }
        };
        await expect(generate()).rejects.toMatchObject({ code: "CANCELLED" });
        // The step under way when the abort came may still be delivered.
        expect(ids.length).toBeLessThanOrEqual(5);
      });

      it("stops a probe long before its end", async () => {
        const abort = new AbortController();
        const cases = Array.from({ length: 2_000 }, (_, i) => ({ tail: [i % 300], target: 1 }));
        let answers = 0;
        const probe = async () => {
          for await (const _ of model.probe(prompt, cases, { signal: abort.signal }))
            if (++answers === 1) abort.abort();
        };
        await expect(probe()).rejects.toMatchObject({ code: "CANCELLED" });
        expect(answers).toBeLessThan(cases.length);
      });
    });

    describe("close", () => {
      it("ends what is in flight with CANCELLED, refuses new work and may be called twice", async () => {
        const own = await open();
        const ids = await own.tokenize("one two three", { bos: true });
        const events = own.generate({ prompt: ids, maxTokens: 200, ignoreEos: true });
        let closing: Promise<void> | undefined;
        const reading = (async () => {
          for await (const _ of events) closing ??= own.close();
        })();
        await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
        await closing;
        await own.close();
        await expect((async () => own.score(ids))()).rejects.toMatchObject({ code: "CANCELLED" });
        const probe = async () => collect(own.probe(ids, [{ tail: [1], target: 1 }]));
        await expect(probe()).rejects.toMatchObject({ code: "CANCELLED" });
      });
    });
  });
}
