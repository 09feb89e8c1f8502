// The suite on llama.cpp: a trained model passes, a model of random weights passes where machinery is asked about and
// is called untrained where its words are.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import { readIndicators } from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import {
  type CheckRow,
  createSession,
  runChecks,
  type SuiteName,
  selectChecks,
  startMemoryMeter,
} from "../../src/measure/index.ts";
import { predictMemory, readGguf } from "../../src/models/index.ts";
import { writeRandomModel } from "../../src/testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-integration-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const labMoe = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));

async function rowsOf(
  path: string,
  suite: SuiteName,
  ids?: readonly string[],
): Promise<Map<string, CheckRow>> {
  const memory = startMemoryMeter();
  const model = await openLocalModel({ path, gpu: "off" });
  try {
    const gguf = await readGguf(path);
    const session = createSession({
      suite,
      seed: 1,
      model,
      loadSeconds: 0,
      memory,
      predictMemory: () => predictMemory(path, {}, { gpu: "off", execArgv: ["--import", "tsx"] }),
      readIndicators: (options) => readIndicators(loadLibrary({ gpu: "off" }), gguf, options),
      signal: new AbortController().signal,
    });
    const rows = new Map<string, CheckRow>();
    for await (const row of runChecks(session, selectChecks(ids))) rows.set(row.id, row);
    return rows;
  } finally {
    await model.close();
  }
}

const statuses = (rows: ReadonlyMap<string, CheckRow>, wanted: CheckRow["status"]) =>
  [...rows.values()].filter(({ status }) => status === wanted).map(({ id }) => id);

describe("integration", () => {
  it("passes on a trained model, with figures to each row", async () => {
    const rows = await rowsOf(labMoe, "integration");
    // The command line starts a server for it; the e2e test sees that row.
    expect(rows.get("live-server")).toMatchObject({ status: "warn", message: "No server was asked" });
    for (const row of rows.values()) {
      if (row.id === "live-server") continue;
      expect(row.status, `${row.id}: ${row.message}`).toBe("ok");
      expect(Object.keys(row.figures ?? {}).length, row.id).toBeGreaterThan(0);
    }
    const figures = rows.get("glitch-tokens")!.figures!;
    // The indicators' worst are mostly glitch tokens on this model, their best mostly are not.
    expect(figures.glitchAgree).toBeGreaterThanOrEqual(3);
    expect(figures.normalAgree).toBeGreaterThanOrEqual(3);
  });

  it("tells a model without training by its words alone", async () => {
    const path = join(folder, "random.gguf");
    await writeRandomModel({ path, layers: 2, dim: 64, ffn: 96, experts: 4, vocabulary: 1024 });
    const rows = await rowsOf(path, "integration");
    expect(statuses(rows, "fail")).toEqual([]);
    const warned = [
      "template",
      "response",
      "raw-prediction",
      "chat-prediction",
      "glitch-tokens",
      "live-server",
    ];
    expect(statuses(rows, "warn")).toEqual(warned);
    expect(rows.get("glitch-tokens")!.message).toContain("verdicts mean nothing");
  });
});

it("validate draws other and larger samples and comes to the same", async () => {
  const ids = ["round-trip", "response", "raw-prediction", "json", "glitch-tokens"];
  const first = await rowsOf(labMoe, "integration", ids);
  const second = await rowsOf(labMoe, "validate", ids);
  expect(statuses(second, "fail")).toEqual([]);
  for (const [id, figure] of [
    ["round-trip", "texts"],
    ["response", "answers"],
    ["raw-prediction", "prompts"],
    ["json", "replies"],
    ["glitch-tokens", "controls"],
  ] as const) {
    const [a, b] = [first, second].map((rows) => Number(rows.get(id)!.figures![figure]));
    expect(b, id).toBeGreaterThanOrEqual(2 * a!);
  }
  expect(second.get("response")!.message).not.toBe(first.get("response")!.message);
});
