import { expect, it } from "vitest";
import { formatCount, formatFigure, formatSeconds, formatShare } from "./format.ts";

it.each([
  [0, "0%"],
  [0.00001, "<0.01%"],
  [0.0003, "0.03%"],
  [0.5, "50%"],
  [0.974, "97.4%"],
  [0.9969, "99.69%"],
  [0.99999, ">99.99%"],
  [1, "100%"],
  [Number.NaN, "–"],
])("formatShare(%s) is %s", (share, text) => expect(formatShare(share)).toBe(text));

it.each([
  [undefined, "–"],
  [0, "0"],
  [1, "1"],
  [0.021, "0.021"],
  [2.44e-8, "2.4e-8"],
  [1807, "1,807"],
  [-0.123456, "-0.123"],
  [12_345_678, "1.2e+7"],
  [Number.POSITIVE_INFINITY, "–"],
])("formatFigure(%s) is %s", (value, text) => expect(formatFigure(value)).toBe(text));

it.each([
  [7.43, "7.4 s"],
  [99.96, "1 min 40 s"],
  [185, "3 min 05 s"],
  [3599.7, "1 h 00 min"],
  [7620, "2 h 07 min"],
])("formatSeconds(%s) is %s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

it("groups whole numbers", () => expect(formatCount(32_000)).toBe("32,000"));
