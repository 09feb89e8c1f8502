import { describe, expect, it } from "vitest";
import { HOSTILE_TEXTS, sampleMine } from "../../test/browser/sample-mine.ts";
import type { MineResult, TruthScore } from "../glitch/index.ts";
import { renderMineHtml } from "./mine-html.ts";
import { mineDocument } from "./mine-json.ts";
import { renderMineMarkdown } from "./mine-markdown.ts";
import { mineSummary, mineTable, templateTable } from "./mine-table.ts";

const result = sampleMine(4_000);
const truth: TruthScore = {
  schema: 1,
  kind: "score",
  model: "lab-moe",
  recall: 0.983,
  falseShare: 0.00033,
  grades: [{ grade: "never seen", tokens: 120, glitch: 118, uncertain: 1, normal: 1, untested: 0 }],
};
const empty: MineResult = {
  ...result,
  status: "interrupted",
  counts: { vocabulary: 4_000, tested: 0, glitch: 0, normal: 0, uncertain: 0 },
  recall: undefined,
  seconds: 0,
  probes: 0,
  templates: [],
  tokens: [],
};

describe("renderMineHtml", () => {
  const html = renderMineHtml(result, { command: "assay mine --seed 1 <x>", truth });
  const data = /<script type="application\/json" id="result">(.*?)<\/script>/s.exec(html)![1]!;
  // Only what a parser takes for a tag; the texts between may say what they like.
  const tags = html
    .replace(data, "")
    .replace(/(<style>|<script type="module">).*?(?=<\/)/gs, "$1")
    .match(/<[a-z][^>]*>/g)!;

  it("embeds the whole result, hostile tokens included", () => {
    expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it("lets no token become markup", () => {
    for (const text of HOSTILE_TEXTS.filter((text) => text.includes("<"))) expect(html).not.toContain(text);
    expect(html).not.toMatch(/[\u200e\u200f\u202e\u2066\0]/);
    expect(tags.filter((tag) => /^<(script|img|iframe|link|object|embed)|\son\w+=/.test(tag))).toHaveLength(
      2,
    );
  });

  it("names no other place", () => {
    expect(tags.filter((tag) => /\s(src|href|action|data|srcset)=|url\(/.test(tag))).toEqual([]);
    expect(/<style>(.*?)<\/style>/s.exec(html)![1]).not.toMatch(/url\(|@import/);
    expect(html).toContain("default-src 'none'");
  });

  it("shows the figures, their meaning and how to get them again", () => {
    for (const text of [
      "True recall",
      "98.3%",
      ">never seen</th>",
      "assay mine --seed 1 &lt;x&gt;",
      result.model.fingerprint,
      "echo-short",
      "62%",
      "such as &lt;s&gt;",
    ])
      expect(html).toContain(text);
  });

  it("renders a result without a single token", () => {
    const page = renderMineHtml(empty);
    expect(page).toContain("0</span> glitch tokens");
    expect(page).toContain("The run was interrupted");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("mineDocument", () => {
  it("has the tested tokens, each with every field", () => {
    const document = mineDocument(result);
    expect(document.tokens).toHaveLength(result.counts.tested);
    expect(document.tokens[0]).toEqual({
      id: 259,
      text: result.tokens[259]!.text,
      class: "normal",
      verdict: "normal",
      p: expect.any(Number),
      rank: 1,
      entropy: expect.any(Number),
      asr: null,
      asrLow: null,
      asrHigh: null,
      indicators: result.tokens[259]!.indicators,
    });
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining([
        "schema",
        "kind",
        "run",
        "model",
        "method",
        "budget",
        "seconds",
        "counts",
        "recall",
      ]),
    );
  });

  it("keeps a token that failed, and every token on request", () => {
    const failed = {
      ...result,
      tokens: [{ ...result.tokens[5]!, error: "the decode failed" }, result.tokens[6]!],
    };
    expect(mineDocument(failed).tokens.map(({ id, error }) => [id, error])).toEqual([
      [5, "the decode failed"],
    ]);
    expect(mineDocument(result, { kind: "test", everyToken: true })).toMatchObject({ kind: "test" });
    expect(mineDocument(result, { everyToken: true }).tokens).toHaveLength(4_000);
  });
});

describe("mineTable", () => {
  it("begins with the most suspect and says how many rows are left", () => {
    const table = mineTable(result, { limit: 10 });
    expect(table.rows).toHaveLength(10);
    expect(table.left).toBe(result.counts.glitch - 10);
    const first = result.tokens.filter(({ verdict }) => verdict === "glitch").sort((a, b) => a.p! - b.p!)[0]!;
    expect(table.rows[0]?.slice(0, 2)).toEqual([String(first.id), first.text]);
    for (const row of [...table.rows, ...templateTable(result).rows]) expect(row).not.toContain("undefined");
  });

  it("sums up with the interval and the state of the run", () => {
    expect(mineSummary(result, truth)).toEqual(
      expect.arrayContaining(["Recall: 100% (99.1% to 100%)", "True recall: 98.3%", "False alarms: 0.03%"]),
    );
    expect(mineSummary(empty)).toEqual(
      expect.arrayContaining([expect.stringContaining("was interrupted"), result.notes![0]]),
    );
  });
});

describe("renderMineMarkdown", () => {
  const markdown = renderMineMarkdown(result, { command: "assay mine", versions: { assay: "0.1.0" } });

  it("opens fifty glitches and folds the rest", () => {
    const [open, folded] = markdown.split("<details>");
    expect(open!.match(/^\| \d+ \|/gm)).toHaveLength(50);
    expect(folded!.match(/^\| \d+ \|/gm)).toHaveLength(result.counts.glitch - 50);
  });

  it("keeps every row at its six cells and lets no token become markup", () => {
    for (const row of markdown.match(/^\| \d+ \|.*$/gm)!) expect(row.split("|")).toHaveLength(8);
    expect(markdown.replace(/<\/?(details|summary|code)>/g, "")).not.toContain("<");
  });

  it("says when nothing was found", () => {
    expect(renderMineMarkdown(empty)).toContain("None found.");
  });
});
