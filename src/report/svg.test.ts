import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coordinate, decadeScale, element, linearScale } from "./svg.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e2, max: 1e2 });

describe("linearScale", () => {
  it("puts its ends on the ends, and between one and a dozen ticks within, whatever the range", () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const scale = linearScale(low, high, 0, 100);
        expect(scale.ticks.length).toBeLessThanOrEqual(13);
        for (const { value } of scale.ticks) expect(Number.isFinite(scale.at(value))).toBe(true);
        if (high - low > 1e-9) expect([scale.at(low), scale.at(high)]).toEqual([0, 100]);
      }),
    );
  });

  it("chooses round steps", () => {
    expect(linearScale(0, 1.3, 0, 100).ticks.map(({ text }) => text)).toEqual(["0", "0.5", "1.0"]);
    expect(linearScale(-30, 90, 0, 100).ticks.map(({ text }) => text)).toEqual([
      "-20",
      "0",
      "20",
      "40",
      "60",
      "80",
    ]);
  });
});

describe("decadeScale", () => {
  const scale = decadeScale(-12, 0, 100, 0);

  it("draws what is under the lowest decade on the lowest line", () => {
    expect([scale.at(1), scale.at(1e-6), scale.at(1e-12), scale.at(1e-40), scale.at(0)]).toEqual([
      0, 50, 100, 100, 100,
    ]);
  });

  it("says so on the lowest tick", () => {
    expect(scale.ticks.map(({ text }) => text)).toEqual([
      "1",
      "10⁻²",
      "10⁻⁴",
      "10⁻⁶",
      "10⁻⁸",
      "10⁻¹⁰",
      "≤10⁻¹²",
    ]);
  });
});

it("escapes attributes and rounds coordinates to a tenth", () => {
  expect(element("path", { d: 'M0"<', x: 1.26, skipped: undefined })).toBe(
    '<path d="M0&quot;&lt;" x="1.3"/>',
  );
  expect(coordinate(-0.01)).toBe("0");
});
