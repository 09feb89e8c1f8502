import { expect, test } from "vitest";
import { budgetLimits, formatBudget, parseBudget } from "./budget.ts";

test.each([
  ["all", { all: true }],
  ["400", { probes: 400 }],
  ["5%", { share: 0.05 }],
  ["0.5 %", { share: 0.005 }],
  ["90s", { seconds: 90 }],
  ["10m", { seconds: 600 }],
  [" 1.5H ", { seconds: 5400 }],
])("reads %j", (text, budget) => {
  expect(parseBudget(text)).toEqual(budget);
});

test.each([
  "",
  "0",
  "0%",
  "101%",
  "-5",
  "5x",
  "1e3",
  "12.5",
  "ten",
  "NaN",
  "Infinity",
  "5 % of",
  "9".repeat(30),
])("refuses %j with a hint", (text) => {
  expect(() => parseBudget(text)).toThrow(
    expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("5%") }),
  );
});

test("limits never exceed the candidates, and a share is at least one token", () => {
  expect(budgetLimits({ probes: 500 }, 100).tokens).toBe(100);
  expect(budgetLimits({ share: 0.001 }, 100).tokens).toBe(1);
  expect(budgetLimits({ all: true }, 100)).toEqual({ tokens: 100, seconds: Number.POSITIVE_INFINITY });
});

test("a budget in words can be read again", () => {
  for (const text of ["all", "5 %", "90 s"]) expect(formatBudget(parseBudget(text))).toBe(text);
  expect(formatBudget({ probes: 7 })).toBe("7 tokens");
});
