import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { createRandom } from "../../random.ts";
import { measurePerplexity, perplexityRatio, summarise } from "./perplexity.ts";

const model = createScriptedModel();
const text = "cat dog house river ".repeat(120);

describe("measurePerplexity", () => {
  it("scores every token once, whatever the window", async () => {
    const ids = await model.tokenize(text);
    for (const window of [16, 17, 64, 10_000]) {
      const found = await measurePerplexity(model, text, { window });
      expect(found.tokens).toBe(ids.length);
      expect(found.low).toBeLessThanOrEqual(found.perplexity);
      expect(found.high).toBeGreaterThanOrEqual(found.perplexity);
    }
  });

  it("is the mean of what the model itself says where one window holds all", async () => {
    const short = text.slice(0, 1400);
    const ids = [model.info.bos!, ...(await model.tokenize(short))];
    expect(ids.length).toBeLessThan(model.info.context);
    const scores = (await model.score(ids)).slice(1);
    const mean = scores.reduce((sum, logp) => sum - logp, 0) / scores.length;
    // A stride of half a window: two calls, the second with everything before it.
    const found = await measurePerplexity(model, short, { window: 2 * ids.length });
    expect(found.perplexity).toBeCloseTo(Math.exp(mean), 6);
    expect(found.bitsPerByte).toBeCloseTo((mean * scores.length) / Math.LN2 / found.bytes, 6);
  });

  it("refuses a text without an interval", async () => {
    await expect(measurePerplexity(model, "cat dog")).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });
});

describe("perplexityRatio", () => {
  it("law: scaling every probability is found exactly, however hard the text", () => {
    const surprises = fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), {
      minLength: 300,
      maxLength: 400,
    });
    fc.assert(
      fc.property(surprises, fc.double({ min: -0.1, max: 0.5, noNaN: true }), (own, more) => {
        const found = perplexityRatio(
          summarise(
            own.map((one) => one + more),
            1,
          ),
          summarise(own, 1),
        )!;
        expect(found.ratio).toBeCloseTo(Math.exp(more), 9);
        expect(found.high - found.low).toBeLessThan(1e-9);
      }),
      { numRuns: 50 },
    );
  });

  it("is 1 within its interval for noise, and undefined for other texts", () => {
    const random = createRandom(2);
    const base = Array.from({ length: 4_000 }, () => 5 * random());
    const noisy = base.map((one) => one + 0.2 * (random() - 0.5));
    const { low, high } = perplexityRatio(summarise(noisy, 1), summarise(base, 1))!;
    expect(low < 1 && high > 1 && high - low < 0.02).toBe(true);
    expect(perplexityRatio(summarise(base.slice(1), 1), summarise(base, 1))).toBeUndefined();
  });
});
