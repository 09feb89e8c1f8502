import { describe, expect, it } from "vitest";
import {
  type DepthResult,
  type ModelBenchRow,
  profileOf,
  type TypeParts,
  USE_RULES,
} from "../measure/index.ts";
import { renderProfileHtml } from "./profile-html.ts";
import { profileDocument } from "./profile-json.ts";
import { profileTables } from "./profile-table.ts";
import { profileNotes } from "./profile-text.ts";

const figure = (median: number) => ({ median, min: median, max: median, runs: 1 });
const row = (type: string, fileBytes: number): ModelBenchRow => ({
  name: type,
  model: { name: "m", path: "/m.gguf", fingerprint: type, quantisation: type },
  ...{ parameters: 1e6, fileBytes, context: 512, status: "done", turns: 3, error: undefined },
  estimate: {
    ...{ source: "estimated", gpus: [], weights: fileBytes, kvCache: 1, compute: 1, total: fileBytes + 2 },
    ram: { mapped: fileBytes, copied: 0, kvCache: 1, compute: 1 },
  },
  ...{
    loadSeconds: figure(0.1),
    peakBytes: figure(9e6),
    modelBytes: figure(5e6),
    quality: [],
    soak: undefined,
  },
  speed: [
    {
      ...{ parallel: 1, prompt: figure(900), generation: figure(90), against: undefined },
      share: { prompt: undefined, generation: undefined },
      ttft: { median: 3, p95: 4, requests: 3 },
    },
  ],
});
const GLITCH = { id: 7, text: "<img src=x>" };
const depth = (surprise: number, glitches: (typeof GLITCH)[]): DepthResult => ({
  perplexity: {
    ...{ tokens: 256, bytes: 900, window: 128, stride: 63, perplexity: Math.exp(surprise), low: 1, high: 99 },
    ...{ bitsPerByte: 2, blocks: [surprise, surprise + 1, surprise + 2, surprise + 3] },
  },
  times: [
    {
      ...{ workload: "free text", requests: 4, total: 2 },
      seconds: { prompt: 0.5, decode: 1, sampling: 0.25, grammar: 0, waiting: 0.25 },
    },
  ],
  verdicts: { run: "r", tested: [1, 7], glitches },
  notes: [],
});
const parts = (): TypeParts[] => [
  { type: "Q4_K_M", row: row("Q4_K_M", 5e6), depth: depth(3.2, [GLITCH]), error: undefined },
  { type: "F16", row: row("F16", 16e6), depth: depth(3, []), error: undefined },
];
const profile = (some = parts(), isStopped = false) =>
  profileOf(
    {
      ...{ model: "m", source: { path: "/m.gguf", quantisation: "F16" }, budget: "5%", notes: [] },
      text: { name: "bundled", characters: 900 },
    },
    some,
    {
      plan: {
        ...{ parallel: [1], promptTokens: 8, newTokens: 4, seconds: 1, seed: 0 },
        ...{ repeat: 3, items: 0, soakSeconds: 0 },
      },
      ...{ machineBytes: 1e9, isStopped },
    },
  );

describe("profileOf", () => {
  it("holds every type against the largest file", () => {
    const { best, types, status } = profile();
    expect([best, status]).toEqual(["F16", "done"]);
    expect(types[0]).toMatchObject({
      ...{
        loss: "large",
        glitches: 1,
        changes: { compared: 2, stayed: 0, appeared: [GLITCH], vanished: [] },
      },
      ratio: { ratio: expect.closeTo(Math.exp(0.2), 9) },
    });
    expect(types[1]).toMatchObject({ loss: "best", ratio: undefined, changes: undefined });
  });

  it("is partial where a type failed, and keeps what is known of it and of the others", () => {
    const [first, second] = parts();
    const error = { code: "MODEL_LOAD", message: "ended with SIGKILL." };
    const broken = profile([first!, { ...second!, depth: undefined, error }]);
    expect(broken.status).toBe("partial");
    expect(broken.types[0]).toMatchObject({ loss: "unknown", glitches: 1, changes: undefined });
    expect(profileTables(broken).at(-1)!.table.rows).toEqual([["F16", "ended with SIGKILL."]]);
    expect(profile(parts(), true).status).toBe("interrupted");
  });
});

describe("its forms", () => {
  it("tell every table", () => {
    const rows = Object.fromEntries(profileTables(profile()).map(({ title, table }) => [title, table.rows]));
    expect(Object.keys(rows)).toHaveLength(6);
    expect(rows["Where the time goes"]![0]).toEqual([
      ...["Q4_K_M", "4 × free text", "2.0 s", "25%", "50%", "12.5%", "0%", "12.5%"],
    ]);
    expect(rows["Glitch verdicts against F16"]![0]!.at(-1)).toBe("+<img src=x> (7)");
  });

  it("state the rules that the sentences follow", () => {
    const notes = profileNotes(profile()).join("\n");
    expect(notes).toContain(`within ${Math.round(100 * (USE_RULES.equal - 1))} %`);
    expect(notes).toContain(`from ${Math.round(100 * (USE_RULES.large - 1))} % on`);
  });

  it("as a page fetch nothing, and no token becomes markup", () => {
    const html = renderProfileHtml(profile(), { command: "npx assay profile" });
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    expect(html).not.toMatch(/(src|href)="/);
    expect(html).not.toContain("NaN");
  });

  it("as JSON are a versioned document", () => {
    const machine = { platform: "linux-x64", cpu: "x", cores: 2, memoryBytes: 1, node: "v20" };
    expect(profileDocument(profile(), machine)).toMatchObject({
      ...{ schema: 1, kind: "profile", best: "F16", machine },
      types: [{ type: "Q4_K_M" }, { type: "F16" }],
    });
  });
});
