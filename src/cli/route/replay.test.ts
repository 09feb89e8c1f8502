import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../logger.ts";
import {
  createRouter,
  DEFAULT_POLICY,
  openRouteLog,
  type RouteQuestion,
  routeFeatures,
} from "../../route/index.ts";
import type { CliContext } from "../context.ts";
import { runRouteCalibrate } from "./calibrate.ts";
import { runRouteReplay } from "./replay.ts";
import { readRoutedRequest } from "./request-file.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-cli-route-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command prints. */
async function printed(json: boolean, run: (context: CliContext) => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const terminal = { print: (text: string) => lines.push(text), note: () => undefined };
  const config = { store: join(folder, "assay.db"), seed: 0 };
  await run({ json, terminal, config, logger: silentLogger } as unknown as CliContext);
  return lines.join("\n");
}

const options = { progress: "auto" } as const;

async function writeLog(path: string, count: number): Promise<void> {
  const router = createRouter(DEFAULT_POLICY);
  const log = openRouteLog(path);
  for (let id = 0; id < count; id++) {
    const content = id % 2 === 0 ? "Hi" : "Explain why, compare and prove it.";
    const question: RouteQuestion = {
      features: routeFeatures({ messages: [{ role: "user", content }], maxTokens: 16 }),
      candidates: (["small", "large"] as const).map((tier) => ({
        ...{ model: `${tier}\u001b[31m`, tier, context: 2_048, promptTokens: 9, loaded: true, fits: true },
        ...{ active: 0, waiting: 0, promptSpeed: 90, generationSpeed: 16, glitches: 0 },
      })),
      ...{ tier: undefined, deadline: undefined, freeMemory: undefined },
    };
    log.append({
      ...{ id: String(id), policy: "balanced\u001b[31m", question, decision: router.decide(question) },
      outcome: { escalated: false, confidence: 0.9, promptTokens: 9, completionTokens: 3, ms: 5 },
    });
  }
  await log.close();
}

describe("route replay", () => {
  it("says how many change, what is known and what is not, and nothing that a terminal obeys", async () => {
    await writeLog(join(folder, "assay.routes.jsonl"), 10);
    const text = await printed(false, (context) =>
      runRouteReplay(context, { ...options, policy: "always-large" }),
    );
    expect(text).toMatch(/^10 requests; 5 \(50%\) go to another model first\./);
    expect(text).toMatch(/outcome not known +0 \(0%\) +5 \(50%\)/);
    expect(text).toContain("an answer that was never given has no outcome");
    expect(text).not.toContain("\u001b");
    const json = JSON.parse(
      await printed(true, (context) => runRouteReplay(context, { ...options, policy: "balanced" })),
    );
    expect(json).toMatchObject({
      ...{ schema: 1, kind: "route-replay", entries: 10, changed: 0 },
      after: { policy: "balanced", small: 5, large: 5, outcomes: { known: 10, kept: 10, unknown: 0 } },
    });
  });

  it("holds two policies against each other", async () => {
    const run = (context: CliContext) =>
      runRouteReplay(context, { ...options, policy: "always-small", against: "always-large" });
    expect(JSON.parse(await printed(true, run))).toMatchObject({
      ...{ changed: 10, before: { policy: "always-large", large: 10 }, after: { small: 10 } },
    });
  });

  it("a log without an entry, and too few outcomes to learn from, are errors with the way on", async () => {
    const empty = join(folder, "empty.jsonl");
    writeFileSync(empty, "no entry\n");
    const replay = printed(true, (it) => runRouteReplay(it, { ...options, log: empty, policy: "balanced" }));
    await expect(replay).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringMatching("no entries"),
    });
    const calibrate = printed(true, (it) => runRouteCalibrate(it, { ...options, policy: "balanced" }));
    await expect(calibrate).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringMatching("too few"),
    });
  });
});

describe("readRoutedRequest", () => {
  const file = join(folder, "request.json");

  it("reads what routing looks at of a chat request", async () => {
    writeFileSync(
      file,
      JSON.stringify({
        ...{ model: "auto", temperature: 0, max_completion_tokens: 9, metadata: { tier: "large" } },
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", content: "c", tool_call_id: "1" },
        ],
        tools: [{ type: "function", function: { name: "f" } }],
        response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
      }),
    );
    const { answer, messages, tier } = await readRoutedRequest(undefined, file);
    expect(tier).toBe("large");
    expect(messages.map(({ content }) => content)).toEqual(["ab", "", "c"]);
    expect(answer).toMatchObject({ maxTokens: 9, tools: [{ name: "f" }], format: { type: "json-schema" } });
  });

  it("refuses what is no request, both and neither", async () => {
    writeFileSync(file, '{"messages": [{"role": "elf"}]}');
    await expect(readRoutedRequest(undefined, file)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    writeFileSync(file, "[");
    await expect(readRoutedRequest(undefined, file)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    await expect(readRoutedRequest("a", file)).rejects.toMatchObject({ code: "USAGE" });
    await expect(readRoutedRequest(undefined, undefined)).rejects.toMatchObject({ code: "USAGE" });
  });
});
