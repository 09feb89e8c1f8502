import { describe, expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import { memorySlope } from "./memory-slope.ts";

const MiB = 2 ** 20;
const samples = (bytesAt: (seconds: number) => number, count = 240) =>
  Array.from({ length: count }, (_, index) => ({ seconds: index / 4, bytes: bytesAt(index / 4) }));

describe("memorySlope", () => {
  it("finds a leak of 6 MiB a minute under a saw-tooth, and its interval holds it and not 0", () => {
    const random = createRandom(3);
    const slope = memorySlope(
      samples((s) => 500 * MiB + (s / 60) * 6 * MiB + ((s * 1.7) % 1) * 2 * MiB + random() * MiB),
    )!;
    expect(slope.low).toBeLessThan(6 * MiB);
    expect(slope.high).toBeGreaterThan(6 * MiB);
    expect(slope.low).toBeGreaterThan(0);
  });

  it("covers 0 where memory only shakes", () => {
    const random = createRandom(5);
    const { low, high } = memorySlope(samples(() => 500 * MiB + random() * 3 * MiB))!;
    expect(low < 0 && high > 0).toBe(true);
  });

  it("does not count the warm-up", () => {
    const slope = memorySlope(samples((s) => (s < 12 ? s : 12) * 100 * MiB))!;
    expect(slope).toMatchObject({ perMinute: 0, low: 0, high: 0 });
  });

  it("claims nothing from a moment", () => {
    expect(memorySlope([])).toBeUndefined();
    expect(memorySlope(samples((s) => s, 76))).toBeUndefined();
    expect(
      memorySlope([
        { seconds: 0, bytes: 1 },
        { seconds: 90, bytes: 2 },
      ]),
    ).toBeUndefined();
  });
});
