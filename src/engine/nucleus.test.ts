import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logitRow } from "./logit-row.ts";
import { createNucleus } from "./nucleus.ts";

/** By definition, over a sorted vocabulary. */
function plain(logits: Float32Array, topK: number, topP: number): number[] {
  const sorted = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
  const best = topK > 0 ? sorted.slice(0, topK) : sorted;
  const chances = best.map((id) => Math.exp(logits[id]! - logits[best[0]!]!));
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  let sum = 0;
  const end = chances.findIndex((chance) => {
    sum += chance;
    return sum >= topP * total;
  });
  return topP < 1 && end >= 0 ? best.slice(0, end + 1) : best;
}

describe("the candidates of a draw", () => {
  const rows = fc
    .tuple(fc.nat(), fc.integer({ min: 2, max: 2_000 }), fc.constantFrom(0.5, 4, 20, 90))
    .map(([seed, length, spread]) =>
      Float32Array.from({ length }, (_, i) => Math.sin(seed + i * i * 1.7) ** 5 * spread),
    );
  const cuts = fc.record({
    temperature: fc.constantFrom(0.3, 1, 2),
    topK: fc.constantFrom(0, 1, 40, 300),
    topP: fc.constantFrom(1, 0.99, 0.9, 0.3),
  });

  it("are those of top-k and top-p by definition, save for one at the edge", () => {
    fc.assert(
      fc.property(rows, cuts, (logits, options) => {
        const wanted = plain(logits, options.topK, options.topP);
        const cut = createNucleus(options);
        for (const found of [cut.ofAll(logitRow(logits)), cut.of(logits, [...logits.keys()])]) {
          if (options.topK === 0 && options.topP === 1) continue;
          expect(Math.abs(found!.length - wanted.length)).toBeLessThanOrEqual(1);
          const shorter = Math.min(found!.length, wanted.length);
          expect(found!.slice(0, shorter)).toEqual(wanted.slice(0, shorter));
        }
      }),
    );
  });

  it("leave out what cannot be drawn, and nothing else, where nothing is cut", () => {
    fc.assert(
      fc.property(rows, fc.constantFrom(0.3, 1, 2), (logits, temperature) => {
        const found = createNucleus({ temperature, topK: 0, topP: 1 }).ofAll(logitRow(logits));
        const best = Math.max(...logits);
        const kept = new Set(found ?? logits.keys());
        for (const [id, logit] of logits.entries())
          if (!kept.has(id)) expect(Math.exp((logit - best) / temperature)).toBeLessThan(1e-10);
      }),
    );
  });
});
