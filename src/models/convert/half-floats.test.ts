import { describe, expect, it } from "vitest";
import { convertFloats, findNonFinite, fromF16, toBF16, toF16 } from "./half-floats.ts";

const bytesOf = (array: Float32Array | Uint16Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe("F16", () => {
  it("survives a round trip, every number of it", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromF16(bits);
      if (Number.isNaN(value)) expect(toF16(value) & 0x7c00).toBe(0x7c00);
      else if (toF16(value) !== bits) expect.fail(`${bits} became ${toF16(value)}`);
    }
  });

  it("rounds to the nearest of its neighbours, ties to even", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = fromF16(bits);
      const step = fromF16(bits + 1) - low;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const found = [toF16(low + 0.49 * step), toF16(low + 0.5 * step), toF16(low + 0.51 * step)];
      if (found.join() !== [bits, even, bits + 1].join())
        expect.fail(`between ${bits} and ${bits + 1}: ${found}`);
    }
  });

  it("ends at 65504", () => {
    expect(toF16(65_504)).toBe(0x7bff);
    expect(toF16(65_519)).toBe(0x7bff);
    expect(toF16(65_520)).toBe(0x7c00);
    expect(toF16(-1e9)).toBe(0xfc00);
  });
});

describe("BF16", () => {
  it.each([
    [1, 0x3f80],
    [-2.5, 0xc020],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [3.4e38, 0x7f80],
  ])("of %d is %i", (value, bits) => {
    expect(toBF16(value)).toBe(bits);
  });
});

describe("convertFloats", () => {
  const values = Float32Array.of(0.5, -1.25, 3);

  it.each(["F16", "BF16"] as const)("keeps what %s can hold", (type) => {
    const half = convertFloats(bytesOf(values), "F32", type);
    expect(half).toHaveLength(6);
    expect(convertFloats(half, type, "F32")).toEqual(bytesOf(values));
  });

  it("does nothing between equal types", () => {
    const bytes = bytesOf(values);
    expect(convertFloats(bytes, "F32", "F32")).toBe(bytes);
  });
});

it("finds what is not finite", () => {
  expect(findNonFinite(bytesOf(Float32Array.of(1, 3e38)), "F32")).toBe(-1);
  expect(findNonFinite(bytesOf(Float32Array.of(1, Number.NaN)), "F32")).toBe(1);
  expect(findNonFinite(bytesOf(Uint16Array.of(0x7bff, 0xfc00)), "F16")).toBe(1);
  expect(findNonFinite(bytesOf(Uint16Array.of(0x7f80, 0)), "BF16")).toBe(0);
});
