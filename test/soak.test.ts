// The soak's judges: what they are there for has to fail them.

import { describe, expect, it } from "vitest";
import { createRandom } from "../src/random.ts";
import { judgeKnown, judgeRefusal, pickClass, REQUEST_CLASSES } from "./support/soak/request-classes.ts";
import type { Reply } from "./support/soak/server-client.ts";
import { createServerLog, leftovers } from "./support/soak/server-watch.ts";
import { type Done, judgeMemory, judgeRequests, NOTICE_SECONDS } from "./support/soak/verdict.ts";

const KNOWN = { path: "/v1/chat/completions", body: {}, texts: { moe: "mu", dense: "de" } };
const reply = (model: string, fields: Partial<Reply> = {}): Reply => ({
  status: 200,
  text: "",
  headers: new Headers({ "x-assay-model": model }),
  ...fields,
});
const LOST = reply("moe", { status: 503, error: "runner_lost" });

describe("a known reply", () => {
  it("is the text of the model that answered", () => {
    expect(judgeKnown(reply("moe"), KNOWN, "mu")).toBeUndefined();
    expect(judgeKnown(reply("moe", { isWhole: true }), KNOWN, "mu")).toBeUndefined();
  });

  it.each([
    ["another prompt's text", reply("moe"), "other"],
    ["another model's text", reply("moe"), "de"],
    ["half a text", reply("moe"), "m"],
    ["a model that nobody knows", reply("none"), "mu"],
    ["no model", reply(""), "mu"],
    ["a stream without its end", reply("moe", { isWhole: false }), "mu"],
    ["an error", reply("moe", { status: 500, error: "internal_error" }), "mu"],
    ["an error in a stream", reply("moe", { error: "busy", isWhole: false }), "mu"],
  ])("is not %s", (_, given, text) => {
    expect(judgeKnown(given, KNOWN, text)).toMatch(/./);
    expect(judgeKnown(given, KNOWN, text)).not.toBe("lost");
  });

  it("may be lost with its model's process, by status or in the stream", () => {
    expect(judgeKnown(LOST, KNOWN, "")).toBe("lost");
    expect(judgeKnown(reply("moe", { error: "runner_lost" }), KNOWN, "m")).toBe("lost");
  });
});

describe("a refusal", () => {
  it("has its status and its code", () => {
    const refused = reply("", { status: 404, error: "model_not_found" });
    expect(judgeRefusal(refused, 404, "model_not_found")).toBeUndefined();
    expect(judgeRefusal(refused, 404, "not_found")).toMatch(/model_not_found/);
    expect(judgeRefusal(reply("moe"), 404, "model_not_found")).toMatch(/status 200/);
  });
});

describe("the requests' verdict", () => {
  const done = (from: number, to: number, finding?: string): Done => ({ class: "chat", from, to, finding });

  it("excuses what was under way at a kill and lost its model, and nothing else", () => {
    const kills = [{ model: "moe", at: 10, backAt: 11 }];
    const late = 10 + NOTICE_SECONDS + 0.1;
    const requests = [
      done(1, 2),
      done(9, 11, "lost"),
      done(10.2, 10.4, "lost"),
      done(8, 9.9, "lost"),
      done(late, late + 1, "lost"),
      done(9, 11, "somebody else's text"),
    ];
    const { classes, violations } = judgeRequests(requests, kills);
    expect(classes).toMatchObject([{ class: "chat", requests: 6, asExpected: 1, lostToKills: 2, wrong: 3 }]);
    expect(violations).toHaveLength(3);
    expect(judgeRequests(requests, []).violations).toHaveLength(5);
  });
});

describe("memory", () => {
  const samples = (perMinute: number, noise: number) =>
    Array.from({ length: 240 }, (_, at) => ({
      seconds: at / 4,
      bytes: 200e6 + (perMinute * at) / 240 + (at % 8 < 4 ? noise : -noise),
    }));

  it("that grows is told from memory that swings", () => {
    expect(judgeMemory("server", samples(60e6, 1e6)).isGrowing).toBe(true);
    expect(judgeMemory("server", samples(0, 5e6)).isGrowing).toBe(false);
    expect(judgeMemory("server", samples(-60e6, 1e6)).isGrowing).toBe(false);
  });

  it("of a run that is too short for a line, or of nothing, is not judged", () => {
    expect(judgeMemory("server", samples(60e6, 0).slice(0, 40))).toMatchObject({
      slope: undefined,
      isGrowing: false,
    });
    expect(judgeMemory("server", [])).toMatchObject({ slope: undefined, isGrowing: false });
  });
});

describe("the server's log", () => {
  const line = (level: string, message: string, more = {}) => JSON.stringify({ level, message, ...more });

  it("tells which process holds a model", () => {
    const log = createServerLog(() => true);
    log.add(line("info", "lab-moe is loaded.", { pid: 7 }));
    expect(log.runners.get("lab-moe")).toBe(7);
    log.add(line("error", "The process of lab-moe ended by itself (SIGKILL)."));
    expect(log.runners.has("lab-moe")).toBe(false);
    log.add(line("info", "lab-moe is loaded.", { pid: 8 }));
    expect(log.pids).toEqual([7, 8]);
    expect(log.faults).toEqual([]);
  });

  it("holds no error that was not ours, and nothing that the server did not write", () => {
    const log = createServerLog((model) => model === "lab-moe");
    log.add(line("warn", "slow"));
    log.add("Shutting down: answers under way may end. Press Ctrl-C again to end at once.");
    expect(log.faults).toEqual([]);
    log.add(line("error", "The process of lab-dense ended by itself (SIGSEGV)."));
    log.add(line("error", "request failed", { stack: "TypeError" }));
    log.add("(node:1) MaxListenersExceededWarning: Possible EventTarget memory leak detected.");
    expect(log.faults).toHaveLength(3);
  });
});

describe("what is left at the end", () => {
  it("is any request or cell that is still held", () => {
    const none = new Map([
      ['assay_requests_active{model="m"}', 0],
      ['assay_cache_cells{model="m",use="cached"}', 90],
      ['assay_requests_total{route="/x"}', 9],
    ]);
    expect(leftovers(none)).toEqual([]);
    for (const name of [
      'assay_requests_active{model="m"}',
      'assay_requests_waiting{model="m"}',
      'assay_requests_holding{model="m"}',
      'assay_cache_cells{model="m",use="reserved"}',
    ])
      expect(leftovers(new Map([...none, [name, 1]]))).toEqual([`${name} 1`]);
  });
});

describe("the classes", () => {
  it("all come, the same for the same seed", () => {
    const draw = () => {
      const random = createRandom(3);
      return Array.from({ length: 600 }, () => pickClass(random).id);
    };
    expect(new Set(draw()).size).toBe(REQUEST_CLASSES.length);
    expect(draw()).toEqual(draw());
  });
});
