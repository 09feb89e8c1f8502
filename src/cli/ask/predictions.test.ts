import { expect, it } from "vitest";
import { createScriptedModel } from "../../engine/scripted-model.ts";
import { predict } from "./predictions.ts";

const { signal } = new AbortController();

it("finds the expected text's first token at rank 1 where the model copies it", async () => {
  const model = createScriptedModel();
  const [fox] = await model.tokenize("fox", { continuation: true });
  const prompt = [...(await model.tokenize("«fox» «", { continuation: true }))];
  const { top, expected, entropy } = await predict(model, "raw", prompt, "fox", signal);
  expect(entropy).toBeGreaterThan(0);
  expect(top[0]).toMatchObject({ id: fox });
  expect(expected.map(({ text }) => text)).toEqual([" fox", "fox"]);
  const bare = expected[1]!;
  expect(bare.first).toMatchObject({ rank: 1, p: top[0]!.p });
  expect(Math.exp(bare.logp)).toBeCloseTo(bare.p);
  expect(bare.p).toBeLessThanOrEqual(bare.first.p + 1e-12);
});

it("looks at the distribution alone when nothing is expected", async () => {
  const model = createScriptedModel();
  const prompt = await model.tokenize("hello", { bos: true });
  for (const expectedText of [undefined, "", " "]) {
    const { expected, top } = await predict(model, "raw", prompt, expectedText, signal);
    expect(expected).toEqual([]);
    expect(top).toHaveLength(10);
  }
});
