import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createRouter } from "../create-router.ts";
import { routeFeatures } from "../features/route-features.ts";
import { BUILT_IN_POLICIES, DEFAULT_POLICY } from "../policy/built-in-policies.ts";
import { knownOutcomes, replayLog, replaySide } from "../replay-log.ts";
import type { RouteQuestion } from "../route-decision.ts";
import { readRouteLog } from "./read-route-log.ts";
import { openRouteLog, type RouteRecord, routeLogPath } from "./route-log.ts";
import type { RouteLogEntry } from "./route-log-entry.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-route-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(folder, "log-")), "assay.routes.jsonl");
});

const question = (content = "Hello", waiting = 0): RouteQuestion => ({
  features: routeFeatures({ messages: [{ role: "user", content }], maxTokens: 16 }),
  candidates: (["small", "large"] as const).map((tier) => ({
    ...{ model: tier, tier, context: 2_048, promptTokens: 9, loaded: true, fits: true, active: 0 },
    ...{ waiting: tier === "large" ? waiting : 0, promptSpeed: 90, generationSpeed: 16, glitches: 0 },
  })),
  ...{ tier: undefined, deadline: undefined, freeMemory: undefined },
});
const outcome = { escalated: false, promptTokens: 9, completionTokens: 16, ms: 1_100 };
const record = (id: string, changes: Partial<RouteRecord> = {}): RouteRecord => ({
  ...{ id, policy: "balanced", question: question(), outcome },
  decision: createRouter(DEFAULT_POLICY).decide(question()),
  ...changes,
});
/** Undefined values are absent in JSON. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("the route log", () => {
  it("law: what is appended is what is read", async () => {
    const optional = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
    const records = fc.array(
      fc.record({
        id: fc.string({ unit: "binary", maxLength: 40 }),
        outcome: fc.record({
          escalated: fc.boolean(),
          confidence: optional(fc.double({ min: 0, max: 1, noNaN: true })),
          valid: optional(fc.boolean()),
          promptTokens: fc.nat(),
          completionTokens: fc.nat(),
          ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
          error: optional(fc.constantFrom("DEADLINE", "RUNNER_LOST")),
        }),
      }),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(records, async (some) => {
        rmSync(path, { force: true });
        const log = openRouteLog(path);
        const router = createRouter(DEFAULT_POLICY);
        const given = some.map((one) => record(one.id, { ...one, decision: router.decide(question()) }));
        for (const one of given) log.append(one);
        await log.close();
        if (given.length === 0) return;
        const { entries, skipped } = await readRouteLog(path);
        expect(skipped).toBe(0);
        expect(entries.map(({ schema: _s, time: _t, router: _r, ...rest }) => plain(rest))).toEqual(
          plain(given),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("holds no text of a prompt and is its owner's alone", async () => {
    const log = openRouteLog(path);
    log.append(record("1", { question: question("my secret is xyzzy") }));
    await log.close();
    expect(readFileSync(path, "utf8")).not.toMatch(/xyzzy|secret/);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("law: cut at any byte, it loses one line, and goes on on a line of its own", async () => {
    const log = openRouteLog(path);
    for (const id of ["1", "2", "3"]) log.append(record(id));
    await log.close();
    const whole = readFileSync(path);
    const lines = whole.toString().split("\n").slice(0, -1);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (cut) => {
        writeFileSync(path, whole.subarray(0, cut));
        const next = openRouteLog(path);
        next.append(record("after"));
        await next.close();
        const { entries, skipped } = await readRouteLog(path);
        const ids = entries.map(({ id }) => id);
        let length = 0;
        const left = lines.filter((line) => {
          length += Buffer.byteLength(line) + 1;
          // A line that only lacks its newline is whole.
          return length - 1 <= cut;
        });
        expect(ids).toEqual([...left.map((line) => JSON.parse(line).id), "after"]);
        expect(skipped).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  it("puts a full file aside and drops the one before", async () => {
    const log = openRouteLog(path, { mostBytes: 4_000 });
    for (let id = 0; id < 20; id++) log.append(record(String(id)));
    await log.close();
    expect(statSync(path).size).toBeLessThanOrEqual(4_000);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(4_000);
    expect(existsSync(`${path}.2`)).toBe(false);
    const ids = (await readRouteLog(path)).entries.map(({ id }) => Number(id));
    expect(ids.at(-1)).toBe(19);
    expect(ids).toEqual(Array.from(ids, (_, index) => ids[0]! + index));
  });

  it("that cannot be written says so once and fails nobody", async () => {
    const warnings: string[] = [];
    const log = openRouteLog("/dev/full", { onWarning: (message) => warnings.push(message) });
    for (const id of ["1", "2"]) log.append(record(id));
    await log.close();
    expect(warnings).toEqual([expect.stringMatching(/\/dev\/full loses lines: .*ENOSPC/)]);
    const blocked = openRouteLog(join(path, "under", "a-file"), { onWarning: (it) => warnings.push(it) });
    writeFileSync(path, "");
    blocked.append(record("1"));
    await blocked.close();
    expect(warnings).toHaveLength(2);
  });

  it("skips what is no entry, however long or hostile", async () => {
    const log = openRouteLog(path);
    log.append(record("1"));
    await log.close();
    const [line] = readFileSync(path, "utf8").split("\n");
    const entry = JSON.parse(line!) as RouteLogEntry;
    const hostile = [
      "x".repeat(400_000),
      "[".repeat(50_000),
      JSON.stringify({ ...entry, schema: 2 }),
      JSON.stringify({ ...entry, question: { ...entry.question, features: { characters: -1 } } }),
      line!.replace('"waiting":0', '"waiting":1e999'),
      '{"__proto__": {"polluted": 1}}',
    ];
    appendFileSync(path, `${hostile.join("\n")}\n\n${line}`);
    const { entries, skipped } = await readRouteLog(path);
    expect(entries).toHaveLength(2);
    expect(skipped).toBe(hostile.length);
  });

  it("that is not there is an error with the way to get one", async () => {
    await expect(readRouteLog(path)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    expect(routeLogPath("/data/assay.db")).toBe("/data/assay.routes.jsonl");
  });
});

describe("a replay", () => {
  /** Two routers that share a log; long answers are written after short ones that were decided later. */
  async function logged(
    steps: readonly (readonly [ms: number, waiting: number, hard: boolean])[],
    policy = DEFAULT_POLICY,
  ) {
    rmSync(path, { force: true });
    let at = 1e12;
    const routers = [0, 1].map(() => ({
      router: createRouter(policy, { clock: () => at }),
      log: openRouteLog(path),
    }));
    const records = steps.map(([ms, waiting, hard], index) => {
      at += ms;
      const asked = question(hard ? "Explain why, compare and prove it." : "Hi", waiting);
      const { router, log } = routers[index % 2]!;
      return {
        log,
        it: record(String(index), { policy: policy.name, question: asked, decision: router.decide(asked) }),
      };
    });
    for (const { log, it } of records.toReversed()) log.append(it);
    for (const { log } of routers) await log.close();
    return (await readRouteLog(path)).entries;
  }

  it("law: of the same policy gives the same decisions", async () => {
    const steps = fc.array(fc.tuple(fc.nat(20_000), fc.nat(6), fc.boolean()), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(...BUILT_IN_POLICIES), async (some, policy) => {
        const entries = await logged(some, policy);
        expect(entries).toHaveLength(some.length);
        expect(plain(replayLog(entries, policy))).toEqual(plain(entries.map(({ decision }) => decision)));
      }),
      { numRuns: 30 },
    );
  });

  it("knows the outcome of an answer that was given, and of no other", async () => {
    const [entry] = await logged([[1, 0, false]]);
    const decisions = (model: string) => [{ ...entry!.decision, model }];
    const escalated = { ...entry!, outcome: { ...outcome, escalated: true } };
    expect(knownOutcomes([entry!], decisions("small"))).toMatchObject({ known: 1, kept: 1, unknown: 0 });
    expect(knownOutcomes([entry!], decisions("large"))).toMatchObject({ known: 0, unknown: 1 });
    expect(knownOutcomes([escalated], decisions("small"))).toMatchObject({ known: 1, escalated: 1 });
    expect(knownOutcomes([escalated], decisions("large"))).toMatchObject({ known: 1, kept: 1 });
  });

  it("sums up what a policy would do and cost", async () => {
    const entries = await logged([
      [1, 0, false],
      [1, 0, true],
    ]);
    const side = (name: string) => {
      const policy = BUILT_IN_POLICIES.find((one) => one.name === name)!;
      return replaySide(entries, replayLog(entries, policy), name);
    };
    expect(side("balanced")).toMatchObject({
      small: 1,
      large: 1,
      refused: 0,
      mayEscalate: 1,
      secondsKnown: 2,
    });
    expect(side("always-large")).toMatchObject({ small: 0, large: 2, smallTokens: 0, largeTokens: 50 });
    expect(side("always-large").seconds).toBeCloseTo(2 * (9 / 90 + 1));
  });
});
