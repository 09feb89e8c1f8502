import fc from "fast-check";
import { expect, it } from "vitest";
import { estimateMemory } from "../estimate-memory.ts";
import { findEntry } from "./catalogue.ts";
import { fitMachine, type MachineFacts } from "./machine-fit.ts";

const GIB = 2 ** 30;
const mixtral = findEntry("mixtral-8x7b-instruct")!.shape!;
const machine = (available: number, total: number, gpu?: number): MachineFacts => ({
  ram: { available: available * GIB, total: total * GIB, limit: "machine" },
  gpus: gpu === undefined ? [] : [{ name: "GPU", free: gpu * GIB, total: gpu * GIB }],
});

// Mixtral Q4_K_M with 4,096 tokens needs 27.2 GiB.
it.each([
  [machine(40, 64), "fits", "ram"],
  [machine(20, 64), "tight", "ram"],
  [machine(20, 24), "too-large", undefined],
  [machine(0.5, 64), "too-large", undefined],
  [machine(4, 16, 40), "fits", "gpu"],
  [machine(4, 16, 27.5), "tight", "split"],
  [machine(20, 24, 12), "tight", "split"],
  [machine(10, 16, 12), "too-large", undefined],
  [machine(40, 64, 12), "fits", "ram"],
])("%j: %s, %s", (facts, verdict, place) => {
  expect(fitMachine(mixtral, 4_096, facts)).toMatchObject({ verdict, place });
});

it("adds the memory of several GPUs, each with its margin", () => {
  const gpu = { name: "L4", free: 22 * GIB, total: 22.5 * GIB };
  const facts = { ...machine(4, 16), gpus: [gpu, gpu] };
  expect(fitMachine(mixtral, 4_096, facts)).toMatchObject({ verdict: "fits", available: 42 * GIB });
});

it("never fits worse on a larger machine", () => {
  const rank = { fits: 2, tight: 1, "too-large": 0 };
  const size = fc.double({ min: 0, max: 64, noNaN: true });
  fc.assert(
    fc.property(size, size, fc.option(size, { nil: undefined }), size, (free, used, gpu, more) => {
      const small = fitMachine(mixtral, 8_192, machine(free, free + used, gpu));
      const large = fitMachine(mixtral, 8_192, machine(free + more, free + used + more, gpu));
      expect(rank[large.verdict]).toBeGreaterThanOrEqual(rank[small.verdict]);
      expect(small.needed).toBe(estimateMemory(mixtral, { context: 8_192 }).total);
    }),
  );
});
