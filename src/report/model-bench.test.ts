import { describe, expect, it } from "vitest";
import type { ModelBench, ModelBenchRow } from "../measure/index.ts";
import { RATIO_TURNS } from "../measure/index.ts";
import { renderModelBenchHtml } from "./model-bench-html.ts";
import { modelBenchDocument } from "./model-bench-json.ts";
import { renderModelBenchMarkdown } from "./model-bench-markdown.ts";
import { modelBenchTables } from "./model-bench-table.ts";
import { modelBenchNotes } from "./model-bench-text.ts";
import { slopeText, waitText } from "./model-bench-words.ts";

const MiB = 2 ** 20;
const figure = (median: number, runs = 3) => ({ median, min: 0.9 * median, max: 1.1 * median, runs });

function sampleRow(name: string, over: Partial<ModelBenchRow> = {}): ModelBenchRow {
  return {
    name,
    model: { name, path: `/m/${name}.gguf`, fingerprint: name, quantisation: "Q8_0" },
    ...{ parameters: 8e6, fileBytes: 8 * MiB, context: 2048, status: "done", turns: 3, error: undefined },
    estimate: {
      ...{ source: "llama.cpp", gpus: [], weights: 8 * MiB, kvCache: 4 * MiB, compute: 30 * MiB },
      ...{ total: 42 * MiB, ram: { mapped: 8 * MiB, copied: 0, kvCache: 4 * MiB, compute: 30 * MiB } },
    },
    ...{ loadSeconds: figure(0.2), peakBytes: figure(160 * MiB), modelBytes: figure(50 * MiB) },
    speed: [1, 4].map((parallel) => ({
      ...{ parallel, prompt: figure(900), generation: figure(100 * parallel), against: figure(2) },
      share: { prompt: figure(0.8), generation: figure(0.9) },
      ttft: { median: 25, p95: 1500, requests: 12 },
    })),
    quality: [
      { task: "sums", items: 16, right: 12, accuracy: 0.75, low: 0.505, high: 0.898, chance: undefined },
      { task: "decision", items: 16, right: 6, accuracy: 0.375, low: 0.18, high: 0.61, chance: 1 / 3 },
    ],
    soak: undefined,
    ...over,
  };
}

const HOSTILE = 'x</svg><img src="http://e.vil">|`\u202e';

function bench(over: Partial<ModelBench> = {}): ModelBench {
  return {
    status: "partial",
    plan: {
      ...{ parallel: [1, 4], promptTokens: 256, newTokens: 64, seconds: 1, seed: 0 },
      ...{ repeat: 3, items: 16, soakSeconds: 0 },
    },
    models: [
      sampleRow("a"),
      sampleRow(HOSTILE, {
        ...{ status: "failed", turns: 0, error: { code: "MODEL_LOAD", message: "ended with SIGKILL." } },
        ...{ loadSeconds: undefined, peakBytes: undefined, modelBytes: undefined, speed: [], quality: [] },
      }),
    ],
    ...over,
  };
}

describe("a comparison of models", () => {
  it("tells every figure and what failed", () => {
    const tables = Object.fromEntries(
      modelBenchTables(bench()).map(({ title, table }) => [title, table.rows]),
    );
    expect(tables.Models![0]).toContain("160 MiB (144 MiB to 176 MiB)");
    expect(tables.Models![1]).toContain("0 of 3");
    expect(tables["What failed"]).toEqual([[HOSTILE, "ended with SIGKILL."]]);
    const quality = tables["Quality: items that were right, with Wilson's 95 % interval"]!;
    expect(quality[1]).toEqual(["decision", "6 of 16, 37.5% [18%, 61%]", "33.3%"]);
  });

  it("tells no ratio and why, with few turns", () => {
    const few = bench();
    const models = few.models.map((row) => ({
      ...row,
      turns: 2,
      speed: row.speed.map((one) => ({
        ...{ ...one, against: undefined },
        share: { prompt: undefined, generation: undefined },
      })),
    }));
    const notes = modelBenchNotes({ ...few, plan: { ...few.plan, repeat: 2 }, models }).join("\n");
    expect(notes).toContain(`fewer than ${RATIO_TURNS} turns no ratio`);
    expect(notes).not.toContain("Share:");
    const speed = modelBenchTables({ ...few, models })[1]!.table.rows[0]!;
    expect(speed.filter((cell) => cell === "–")).toHaveLength(3);
  });

  it("as a page fetches nothing and no name becomes markup", () => {
    const html = renderModelBenchHtml(bench(), { command: "npx assay bench models" });
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).not.toContain("<img");
    expect(html).not.toContain("\u202e");
    expect(html).not.toMatch(/(src|href)="/);
    expect(html).not.toContain("NaN");
  });

  it("as Markdown keeps its tables whole", () => {
    const markdown = renderModelBenchMarkdown(bench());
    expect(markdown).not.toContain("<img");
    const columns = (line: string) => line.replaceAll("\\|", "").split("|").length;
    for (const block of markdown.split("\n\n").filter((part) => part.startsWith("|"))) {
      const lines = block.split("\n");
      expect(new Set(lines.map(columns)).size).toBe(1);
    }
  });

  it("as JSON is a versioned document", () => {
    const machine = { platform: "linux-x64", cpu: "x", cores: 2, memoryBytes: 1, node: "v20" };
    const document = JSON.parse(JSON.stringify(modelBenchDocument(bench(), machine)));
    expect(document).toMatchObject({ schema: 1, kind: "bench-models", status: "partial", machine });
    expect(document.models[0].speed[1]).toMatchObject({ parallel: 4, generation: { median: 400 } });
  });

  it("plots nothing of nothing", () => {
    const models = [bench().models[1]!];
    expect(renderModelBenchHtml(bench({ models })).match(/<svg/g)).toHaveLength(1);
  });
});

it("words of figures", () => {
  expect(waitText(25)).toBe("25 ms");
  expect(waitText(1500)).toBe("1.50 s");
  const slope = { perMinute: 1.234e6, low: -2e6, high: 0.001e6, seconds: 45, samples: 180 };
  expect(slopeText(slope)).toBe("+1.23 MB/min [-2.00, 0.00]");
  expect(slopeText(undefined)).toBe("too short to tell");
});
