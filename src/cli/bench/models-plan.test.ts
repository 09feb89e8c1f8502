import { describe, expect, it } from "vitest";
import { chooseParallel, chooseSeconds } from "./models-plan.ts";

const refusal = expect.objectContaining({ code: "USAGE", hint: expect.any(String) });

describe("chooseParallel", () => {
  it("sorts, and takes each number once", () => {
    expect(chooseParallel("8, 1,4,8")).toEqual([1, 4, 8]);
  });

  it.each(["", "0", "1,,4", "1,x", "65", "-1", "1.5"])("refuses %j", (text) => {
    expect(() => chooseParallel(text)).toThrow(refusal);
  });
});

describe("chooseSeconds", () => {
  it.each([
    ["60s", 60],
    ["10m", 600],
    ["2h", 7200],
    ["45", 45],
  ])("%s is %d s", (text, seconds) => expect(chooseSeconds(text)).toBe(seconds));

  it.each(["", "0s", "soon", "-5s", "1d", "5%"])("refuses %j", (text) => {
    expect(() => chooseSeconds(text)).toThrow(refusal);
  });
});
