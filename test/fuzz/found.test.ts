// Every damaged file that once broke a reader, and faults put in on purpose: what the fuzzer would miss, it misses here.

import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeCase, FOUND } from "./found-case.ts";
import { createReaderRunner, faultOf, type ReaderReply, type ReaderRunner } from "./run-reader.ts";

let runner: ReaderRunner;
beforeAll(() => {
  runner = createReaderRunner();
});
afterAll(() => runner.close());

describe("found cases", () => {
  const names = readdirSync(FOUND).filter((name) => name.endsWith(".json"));
  it.each(names)("%s", async (name) => {
    const found = decodeCase(readFileSync(new URL(name, FOUND), "utf8"));
    expect(faultOf(found, await runner.run(found)), found.fault).toBeUndefined();
  });
});

describe("the judge", () => {
  const task = { reader: "gguf", files: { "model.gguf": new Uint8Array(100) } } as const;
  const reply: ReaderReply = { kind: "refused", what: "", largest: 1_000, total: 1_000, milliseconds: 1 };

  it.each([
    ["a plain error", { kind: "bug" }],
    ["a crash", { kind: "died" }],
    ["a hang", { kind: "hung" }],
    ["one large allocation", { largest: 2 ** 24 }],
    ["many allocations", { total: 2 ** 30 }],
  ] as const)("sees %s", (_name, change) => {
    expect(faultOf(task, reply)).toBeUndefined();
    expect(faultOf(task, { ...reply, ...change })).toBeDefined();
  });

  it("gets what the reader's process allocates", async () => {
    const { kind, what, largest } = await runner.run({
      ...task,
      files: { "model.gguf": Buffer.alloc(3_000_000) },
    });
    expect(what).toContain("MODEL_INVALID");
    expect(kind).toBe("refused");
    // The first read of a header.
    expect(largest).toBe(2 ** 20);
  });
});
