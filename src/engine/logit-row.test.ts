import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedWat } from "../../test/support/wat.ts";
import { logitRow } from "./logit-row.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it("logit-row-wasm.ts holds the compiled logit-row.wat (renewed by -u)", async () => {
  const source = await embedWat(path("logit-row.wat"), "LOGIT_ROW_WASM", "logit-row.test.ts");
  await expect(source).toMatchFileSnapshot(path("logit-row-wasm.ts"));
});

describe("a row of logits", () => {
  const rows = fc
    .array(fc.oneof(fc.float({ min: -60, max: 60, noNaN: true }), fc.constantFrom(-1, 0, 1)), {
      minLength: 1,
      maxLength: 150,
    })
    .map((values) => Float32Array.from(values));

  it("ranks every id, equal ones by id, and finds the best k", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 40 }), (logits, k) => {
        const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
        const row = logitRow(logits);
        expect(order.map((id) => row.rank(id))).toEqual(order.map((_, at) => at + 1));
        expect(row.top(k)).toEqual(order.slice(0, k));
        // No toBe: of 0 and -0 either is the largest.
        expect(row.max === logits[order[0]!]).toBe(true);
        expect(row.best()).toBe(order[0]);
        const bound = logits[order[Math.min(k, order.length) - 1]!]!;
        expect(row.above(bound)).toEqual(Array.from(logits.keys()).filter((id) => logits[id]! > bound));
      }),
    );
  });

  it("adds exponentials to six digits, however long the row and however far the logits", () => {
    const lengths = fc.constantFrom(1, 15, 16, 17, 12_288, 60_001);
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 200 }), fc.nat(), (length, spread, seed) => {
        const logits = Float32Array.from({ length }, (_, i) => Math.sin(seed + i * i) * spread);
        const max = logits.reduce((a, b) => Math.max(a, b));
        let sum = 0;
        let weighted = 0;
        for (const logit of logits) {
          sum += Math.exp(logit - max);
          weighted += (max - logit) * Math.exp(logit - max);
        }
        const found = logitRow(logits).exponentialSums();
        expect(Math.abs(found.sum / sum - 1)).toBeLessThan(1e-6);
        expect(Math.abs(found.weighted - weighted)).toBeLessThanOrEqual(1e-6 * (weighted + 1e-9));
      }),
      { numRuns: 60 },
    );
  });

  it("forgets a longer row before it", () => {
    logitRow(new Float32Array(100).fill(9));
    const row = logitRow(Float32Array.from([1, 2, 3]));
    expect([row.max, row.rank(0), row.top(9)]).toEqual([3, 3, [2, 1, 0]]);
  });
});
