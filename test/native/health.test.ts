// Token health against what training really saw, on both bundled models. The truth scores; the figures demanded
// are what docs/health.md promises.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalModel, openLocalModel } from "../../src/engine/index.ts";
import {
  measureHealth,
  measureWordHealth,
  rankCorrelation,
  readIndicators,
  readTruth,
  type TokenHealth,
} from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { readGguf } from "../../src/models/index.ts";

const models = fileURLToPath(new URL("../../models", import.meta.url));
const CORRELATION = 0.8;
/** Never-trained tokens lie in the lowest tenth, so a mean place of theirs is above 0.05 by little. */
const UNTRAINED_PLACE = 0.1;

describe.each(["lab-moe", "lab-dense"])("the health of %s", (name) => {
  const path = join(models, `${name}.gguf`);
  let model: LocalModel;
  let table: TokenHealth;
  const weights = async (options: Parameters<typeof readIndicators>[2]) =>
    readIndicators(loadLibrary({ gpu: "off" }), await readGguf(path), options);
  beforeAll(async () => {
    model = await openLocalModel({ path, gpu: "off", stepMs: Number.POSITIVE_INFINITY, keepTokens: 0 });
    table = await measureHealth({ model, readIndicators: weights });
  }, 120_000);
  afterAll(() => model.close());

  it("orders tokens as training counted them", async () => {
    const { tokens } = await readTruth(join(models, `${name}.truth.json`));
    const normal = tokens.filter((token) => token.class === "normal");
    const correlate = (some: typeof normal) =>
      rankCorrelation(
        some.map(({ id }) => table.health[id]!),
        some.map(({ count }) => count),
      );
    const trained = normal.filter(({ count }) => count > 0);
    const untrained = normal.filter(({ count }) => count === 0).map(({ id }) => table.health[id]!);
    const place = untrained.reduce((sum, share) => sum + share, 0) / untrained.length;
    console.log(
      `${name}: rank correlation with the counts ${correlate(normal).toFixed(3)}, among trained tokens ` +
        `${correlate(trained).toFixed(3)}; mean place of the never trained ${place.toFixed(3)}`,
    );
    expect(table.ingredients.map(({ id }) => id)).toEqual(["prior", "direction"]);
    expect(correlate(normal)).toBeGreaterThanOrEqual(CORRELATION);
    expect(correlate(trained)).toBeGreaterThanOrEqual(CORRELATION - 0.02);
    expect(place).toBeLessThan(UNTRAINED_PLACE);
  });

  it("tells a word that the model knows from one with a token that it never saw", async () => {
    const { tokens } = await readTruth(join(models, `${name}.truth.json`));
    const never = tokens.find(
      (token) => token.class === "normal" && token.count === 0 && /^ [a-z]{4,}$/.test(token.text),
    )!;
    const { words } = await measureWordHealth({
      model,
      health: table,
      words: ["the", never.text.trim(), "🦄"].map((text, index) => ({ line: index + 1, text })),
    });
    const byLine = new Map(words.map((word) => [word.line, word]));
    expect(byLine.get(2)!.tokens.map(({ id }) => id)).toEqual([never.id]);
    expect(byLine.get(2)!.health).toBeLessThan(0.25);
    expect(byLine.get(1)!.health).toBeGreaterThan(0.9);
    // An unknown character comes as bytes, which are placed too.
    expect(byLine.get(3)!.tokens.map((token) => token.class)).toContain("byte");
    expect(byLine.get(3)!.tokens.every(({ health }) => health >= 0 && health <= 1)).toBe(true);
  });
});
