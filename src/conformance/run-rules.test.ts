import { describe, expect, it } from "vitest";
import { FAULTS, type Fault, fakeServer } from "../../test/support/fake-openai-server.ts";
import { WIRE_RULES } from "./rules.ts";
import { runRules, selectRules } from "./run-rules.ts";
import { openSession } from "./session.ts";
import { readTarget } from "./target.ts";
import { CLIENT_FAMILIES, type RuleRow } from "./wire-rule.ts";

async function rowsOf(fault?: Fault, ids?: readonly string[]): Promise<readonly RuleRow[]> {
  const session = await openSession({
    target: readTarget("http://fake.test/v1"),
    signal: new AbortController().signal,
    fetch: fakeServer(fault),
  });
  const rows: RuleRow[] = [];
  for await (const row of runRules(session, selectRules(ids))) rows.push(row);
  return rows;
}

/** Which rule must catch which fault. Others may fail too: one fault of a server breaks several clients. */
const CAUGHT_BY: Readonly<Record<Fault, string>> = {
  "model-twice": "models-list",
  "html-for-unknown-address": "base-url-without-v1",
  "no-usage": "usage",
  "wrong-total": "usage",
  "other-model-echoed": "model-echo",
  "function-call": "no-function-call",
  "empty-tool-calls": "no-empty-tool-calls",
  "system-refused": "system-first",
  "system-dropped": "system-read",
  "alternation-demanded": "same-role-twice",
  "empty-content-refused": "empty-content",
  "parts-refused": "content-parts",
  "name-refused": "names",
  "max-tokens-ignored": "max-tokens",
  "max-completion-tokens-ignored": "max-completion-tokens",
  "length-not-told": "max-tokens",
  "stop-ignored": "stop",
  "stop-border-missed": "stream-stop",
  "n-ignored": "n-choices",
  "greedy-changes": "greedy-repeatable",
  "context-cut": "context-overflow",
  "no-done": "stream-lines",
  "chunk-without-id": "chunk-fields",
  "stream-other-model": "stream-model-echo",
  "no-role": "stream-role",
  "usage-beside-choice": "stream-usage-chunk",
  "finish-lost": "stream-finish-reason",
  "torn-characters": "stream-unicode",
  "stream-trimmed": "stream-same-text",
  "tool-choice-ignored": "tool-choice-required",
  "object-choice-refused": "tool-choice-object",
  "object-choice-ignored": "tool-choice-object",
  "none-ignored": "tool-choice-none",
  "finish-stop-with-calls": "tool-finish-reason",
  "arguments-object": "tool-arguments",
  "arguments-invalid": "tool-arguments",
  "two-calls": "parallel-tool-calls-false",
  "null-content-refused": "tool-results",
  "stream-id-twice": "stream-tool-once",
  "stream-no-index": "stream-tool-index",
  "stream-mixed-delta": "stream-no-mixed-delta",
  "stream-function-call": "stream-no-function-call",
  "stream-arguments-cut": "stream-tool-arguments",
  "json-object-refused": "json-object",
  "json-not-json": "json-object",
  "schema-ignored": "json-schema",
  "schema-fails-open": "schema-not",
  "truncation-hidden": "json-truncated",
  "logprobs-ignored": "logprobs",
  "default-model": "unknown-model",
  "plain-error": "error-form",
  "status-500": "wrong-types",
  "stream-error-200": "stream-refusal",
  "cut-by-next": "two-at-once",
  "mixed-up": "no-mixed-up-replies",
  "response-other-order": "responses-stream-order",
  "response-numbers": "responses-stream-numbers",
  "response-text-differs": "responses-stream-text",
  "response-no-call-id": "responses-function-call",
  "response-previous-ignored": "responses-previous-id",
};

describe("the list of rules", () => {
  it("has ids of their own, and says what each asks, sends and is known from", () => {
    const ids = WIRE_RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, asks, sends, source } of WIRE_RULES) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [asks, sends, source]) expect(text.length, id).toBeGreaterThan(8);
    }
    for (const family of CLIENT_FAMILIES)
      expect(WIRE_RULES.filter(({ clients }) => clients.includes(family)).length, family).toBeGreaterThan(20);
  });

  it("is chosen from by id and by client, and suggests near names", () => {
    expect(selectRules(["stop", "usage"]).map(({ id }) => id)).toEqual(["usage", "stop"]);
    expect(selectRules(["AG2"]).every(({ clients }) => clients.includes("AG2"))).toBe(true);
    expect(() => selectRules(["uasge"])).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Did you mean usage?" }),
    );
    expect(() => selectRules([])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

describe("a right server", () => {
  it("fails no rule, and few cannot be asked", async () => {
    const rows = await rowsOf();
    expect(rows.filter(({ status }) => status === "fail")).toEqual([]);
    expect(rows.filter(({ status }) => status === "skip").map(({ id }) => id)).toEqual(["key-required"]);
    expect(rows).toHaveLength(WIRE_RULES.length);
  });
});

describe("a wrong server", () => {
  it.each(FAULTS)("%s", async (fault) => {
    const rule = CAUGHT_BY[fault];
    const rows = await rowsOf(fault, [rule]);
    expect(rows[0], JSON.stringify(rows[0])).toMatchObject({ id: rule, status: "fail" });
    // The same rule on the right server: it was the fault that it saw.
    expect((await rowsOf(undefined, [rule]))[0]?.status).not.toBe("fail");
  });
});
