import { expect, test } from "vitest";
import { searchPrices } from "./search-time.ts";

const page = (probes: number, answers: number, seconds: number) => ({ probes, answers, seconds });

test("tells what a probe and what an answer costs from pages that have more and fewer answers", () => {
  const pages = [page(1000, 300, 1 + 6), page(400, 0, 0.4), page(420, 12, 0.42 + 0.24)];
  const prices = searchPrices({ pages, setupSeconds: 2 });
  expect(prices.setup).toBe(2);
  expect(prices.perProbe).toBeCloseTo(0.001, 10);
  expect(prices.perAnswer).toBeCloseTo(0.02, 10);
});

test.each([
  ["one page", [page(100, 50, 3)], 0.02],
  ["no answers", [page(100, 0, 1), page(200, 0, 3)], 4 / 300],
  ["pages in proportion", [page(100, 10, 1), page(300, 30, 3)], 4 / 440],
  ["times that would make a price negative", [page(100, 0, 5), page(100, 100, 1)], 6 / 300],
  ["no pages", [], 0],
])("with %s both cost the same", (_name, pages, each) => {
  const prices = searchPrices({ pages, setupSeconds: 0 });
  expect(prices.perProbe).toBeCloseTo(each, 10);
  expect(prices.perAnswer).toBe(prices.perProbe);
});
