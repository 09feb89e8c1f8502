import { describe, expect, it } from "vitest";
import type { HealthResult, WordToken } from "../glitch/index.ts";
import { renderHealthHtml } from "./health-html.ts";
import { formatPlace, healthSummary, healthTable } from "./health-table.ts";

const token = (id: number, text: string, health: number, verdict: WordToken["verdict"]): WordToken => ({
  id,
  text,
  class: "normal",
  health,
  verdict,
  ingredients: { prior: { value: -9, share: health } },
});

const result: HealthResult = {
  schema: 1,
  kind: "health",
  model: { name: "<b>lab</b>", path: "lab.gguf", fingerprint: "f", quantisation: "Q8_0" },
  seed: 0,
  run: "mine-1",
  candidates: 12_028,
  ingredients: [{ id: "prior", meaning: "m", agreement: 1 }],
  notes: ["a note & more"],
  words: [
    {
      line: 2,
      text: "<script>alert(1)</script>",
      health: 0.0004,
      weakest: 1,
      tokens: [token(5, "▁<", 0.7, "normal"), token(6, "script", 0.0004, "glitch")],
    },
    { line: 1, text: "cat", health: 0.8, weakest: 0, tokens: [token(7, "▁cat", 0.8, "normal")] },
  ],
};

describe("the health table", () => {
  it("names the weakest token and its verdict, and counts what it leaves out", () => {
    expect(healthTable(result, { limit: 1 })).toMatchObject({
      rows: [["<0.01", "<script>alert(1)</script>", "6 script", "glitch", "▁< 0.70 · script <0.01!"]],
      left: 1,
    });
    expect(healthTable({ ...result, words: [] })).toMatchObject({ rows: [], left: 0 });
  });

  it("sums up in words", () => {
    expect(healthSummary(result)).toEqual([
      "Words: 2, 1 with a token among the weakest tenth of <b>lab</b>",
      "Scale: share of the 12,028 typeable tokens that look worse learnt (prior)",
      "Verdicts: of mine-1; 1 word has a glitch token, marked !",
      "a note & more",
    ]);
    expect(healthSummary({ ...result, run: null })[2]).toBe("Verdicts: none, as this model was not mined");
  });

  it.each([
    [0, "0.00"],
    [0.0049, "<0.01"],
    [0.005, "0.01"],
    [0.5, "0.50"],
    [0.9951, ">0.99"],
    [1, "1.00"],
  ])("writes the place %d as %s", (share, text) => {
    expect(formatPlace(share)).toBe(text);
  });
});

describe("renderHealthHtml", () => {
  const html = renderHealthHtml(result, { command: "assay mine --health 'a<b'", versions: { assay: "1" } });

  it("has every word, and markup of its own only", () => {
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).toContain("a&lt;b");
    expect(html).not.toMatch(/<script|<b>/);
    expect(html.match(/<tr/g)).toHaveLength(3);
  });

  it("fetches nothing", () => {
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<[^>]*\s(?:src|href)=/g)).toBeNull();
  });
});
