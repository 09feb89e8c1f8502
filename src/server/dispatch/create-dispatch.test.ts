import { describe, expect, test, vi } from "vitest";
import type { AnswerEvent, AnswerRequest, GuardMode, PromptGuard } from "../../answer/index.ts";
import { createScriptedModel, type LanguageModel, type ScriptedModelOptions } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { Fleet, ServedModel, ServedState } from "../../fleet/index.ts";
import { createRouter, findPolicy, type RouteRecord } from "../../route/index.ts";
import type { SessionCache } from "../sessions/session-cache.ts";
import { createDispatch } from "./create-dispatch.ts";
import type { Dispatched } from "./dispatch.ts";

interface FakeModel {
  id: string;
  tier: "small" | "large" | undefined;
  context?: number;
  state?: ServedState;
  scripted?: ScriptedModelOptions;
  refusal?: AppError;
  banned?: number[];
}

/** A fleet of scripted models that counts its leases. */
async function dispatchOver(
  fakes: FakeModel[],
  {
    guard = "off",
    policy = "balanced",
    sessions,
  }: { guard?: GuardMode; policy?: string; sessions?: SessionCache } = {},
) {
  const held = new Map<string, number>();
  const models = fakes.map((fake) => ({
    ...fake,
    model: createScriptedModel({ ...fake.scripted, info: { context: fake.context ?? 4_096 } }),
    state: fake.state ?? "ready",
  }));
  const served = ({ id, tier, state, context = 4_096 }: (typeof models)[number]): ServedModel =>
    ({
      entry: { id, aliases: [`local-${id}`], tier, path: "", name: id, context, pinned: false },
      state,
      facts: { context },
      leases: held.get(id) ?? 0,
      usage: undefined,
      speed: { prompt: undefined, generation: undefined },
      memory: { predicted: 10, resident: undefined },
    }) as unknown as ServedModel;
  const find = (name: string) => models.find(({ id }) => name === id || name === `local-${id}`);
  const lease = vi.fn(async (id: string) => {
    const fake = find(id)!;
    if (fake.refusal) throw fake.refusal;
    fake.state = "ready";
    held.set(id, (held.get(id) ?? 0) + 1);
    let isHeld = true;
    return {
      model: fake.model,
      served: served(fake),
      observe: vi.fn(),
      release: () => {
        if (isHeld) held.set(id, held.get(id)! - 1);
        isHeld = false;
      },
    };
  });
  const fleet = {
    models: () => models.map(served),
    find: (name: string) => (find(name) ? served(find(name)!) : undefined),
    memory: () => ({ budget: 100, used: 0 }),
    lease,
  } as unknown as Fleet;
  const records: RouteRecord[] = [];
  const dispatch = createDispatch({
    fleet,
    guard,
    findGuard: async (model) => {
      const banned = models.find((fake) => fake.model === model)?.banned;
      return banned && guardOf(banned);
    },
    sessions,
    router: createRouter(findPolicy(policy)),
    policy,
    routeLog: { append: (record) => void records.push(record) },
  });
  return {
    dispatch,
    records,
    lease,
    leases: () => [...held.values()].reduce((sum, count) => sum + count, 0),
    model: (id: string): LanguageModel => find(id)!.model,
  };
}

function guardOf(banned: number[]): PromptGuard {
  return {
    source: "mine-1",
    banned,
    scan: (ids) => ids.flatMap((id, index) => (banned.includes(id) ? [{ id, index, text: `${id}` }] : [])),
    rewrite: (ids) => ({ ids, replaced: [], unrepaired: [] }),
  };
}

const say = (content: string, more: Partial<AnswerRequest> = {}): AnswerRequest => ({
  input: { type: "messages", messages: [{ role: "user", content }] },
  maxTokens: 4,
  ...more,
});
const request = (model: string, answer: AnswerRequest, more = {}) => ({ id: "r1", model, answer, ...more });

async function readAll({ events }: Dispatched): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const SMALL: FakeModel = { id: "small", tier: "small", scripted: { confidence: () => 0.99 } };
const LARGE: FakeModel = { id: "large", tier: "large", scripted: { confidence: () => 0.99 } };

describe("a named model", () => {
  test("answers under id and alias; the lease ends with the answer", async () => {
    const { dispatch, leases, records } = await dispatchOver([SMALL, LARGE]);
    for (const name of ["large", "local-large"]) {
      const dispatched = await dispatch(request(name, say("hello")));
      expect(dispatched.served.entry.id).toBe("large");
      expect(dispatched.decision).toBeUndefined();
      expect(leases()).toBe(1);
      expect((await readAll(dispatched)).at(-1)).toMatchObject({ type: "end" });
      expect(leases()).toBe(0);
    }
    expect(records).toEqual([]);
  });

  test("is never another one", async () => {
    const { dispatch } = await dispatchOver([SMALL, LARGE]);
    await expect(dispatch(request("larg", say("hello")))).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      hint: expect.stringContaining("large"),
    });
  });

  test("a reader that leaves, a prompt that does not fit and a caller that has gone hold no lease", async () => {
    const { dispatch, leases } = await dispatchOver([{ ...LARGE, context: 64 }]);
    for await (const _ of (await dispatch(request("large", say("hello")))).events) break;
    await expect(dispatch(request("large", say("word ".repeat(200))))).rejects.toMatchObject({
      code: "CONTEXT_FULL",
    });
    const caller = new AbortController();
    await dispatch(request("large", say("hello", { signal: caller.signal })));
    expect(leases()).toBe(1);
    caller.abort();
    expect(leases()).toBe(0);
  });

  test("a process that ended between two requests is asked again, once", async () => {
    const { dispatch, lease } = await dispatchOver([LARGE]);
    const lost = () => Promise.reject(new AppError("RUNNER_LOST", "gone"));
    lease.mockImplementationOnce(lost);
    await readAll(await dispatch(request("large", say("hello"))));
    lease.mockImplementationOnce(lost).mockImplementationOnce(lost);
    await expect(dispatch(request("large", say("hello")))).rejects.toMatchObject({ code: "RUNNER_LOST" });
  });

  test("a deadline that passes is told as one", async () => {
    const { dispatch, lease, leases } = await dispatchOver([LARGE]);
    lease.mockImplementationOnce(
      () => new Promise((_, reject) => setTimeout(reject, 20, new AppError("CANCELLED", "stopped"))),
    );
    await expect(dispatch(request("large", say("hello"), { deadline: 5 }))).rejects.toMatchObject({
      code: "DEADLINE",
    });
    expect(leases()).toBe(0);
  });

  test("a deadline ends work beside the answer too, and the model is given back", async () => {
    const { dispatch, leases } = await dispatchOver([LARGE]);
    const { signal } = await dispatch(request("large", say("hello"), { deadline: 500 }));
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.reason).toMatchObject({ code: "DEADLINE" });
    expect(leases()).toBe(0);
  });

  test("a session is restored before and kept after, and holds the model until it is kept", async () => {
    const restore = vi.fn(async () => undefined);
    let kept: Parameters<SessionCache["keep"]> | undefined;
    const sessions: SessionCache = {
      restore,
      keep(...all) {
        kept = all;
      },
      flush: async () => undefined,
    };
    const { dispatch, leases } = await dispatchOver([LARGE], { sessions });
    const answer = say("hello", { client: "key-1" });
    const dispatched = await dispatch(request("large", answer, { session: "talk" }));
    const events = await readAll(dispatched);
    expect(restore).toHaveBeenCalledWith(dispatched.model, { client: "key-1", name: "talk" });
    const end = events.at(-1) as Extract<AnswerEvent, { type: "end" }>;
    expect(kept![2]).toEqual([...dispatched.promptIds, ...end.ids]);
    expect(leases()).toBe(1);
    kept![3]();
    expect(leases()).toBe(0);
  });
});

describe("auto", () => {
  test("an easy question goes to the small model, with a reason and a line in the log", async () => {
    const { dispatch, leases, records } = await dispatchOver([SMALL, LARGE]);
    const dispatched = await dispatch(request("auto", say("hi")));
    expect(dispatched.served.entry.id).toBe("small");
    expect(dispatched.decision).toMatchObject({ model: "small", escalateTo: "large" });
    await readAll(dispatched);
    expect(leases()).toBe(0);
    expect(records).toMatchObject([{ id: "r1", outcome: { escalated: false, error: undefined } }]);
    expect(records[0]!.outcome.completionTokens).toBeGreaterThan(0);
    expect(JSON.stringify(records)).not.toContain("hi");
  });

  test("a prompt over the small model's context goes to the large one", async () => {
    const { dispatch } = await dispatchOver([{ ...SMALL, context: 64 }, LARGE]);
    const dispatched = await dispatch(request("auto", say("word ".repeat(200))));
    expect(dispatched.decision).toMatchObject({ model: "large", reason: "context" });
  });

  test("an unsure answer is given up for the large model's, of which alone the caller sees anything", async () => {
    const { dispatch, leases, records } = await dispatchOver([
      { ...SMALL, scripted: { confidence: () => 0.05 } },
      LARGE,
    ]);
    const dispatched = await dispatch(request("auto", say("hi")));
    expect(dispatched.served.entry.id).toBe("large");
    expect(dispatched.escalations).toEqual([
      { model: "small", reason: expect.stringContaining("confidence") },
    ]);
    const events = await readAll(dispatched);
    expect(events.filter(({ type }) => type === "end")).toHaveLength(1);
    expect(leases()).toBe(0);
    expect(records[0]!.outcome).toMatchObject({ escalated: true });
    expect(records[0]!.outcome.confidence).toBeLessThan(0.2);
  });

  test("where the large model cannot come, an unsure answer is better than none", async () => {
    const { dispatch, leases } = await dispatchOver([
      { ...SMALL, scripted: { confidence: () => 0.05 } },
      { ...LARGE, state: "unloaded", refusal: new AppError("MODEL_LOAD", "broken") },
    ]);
    const dispatched = await dispatch(request("auto", say("hi")));
    expect(dispatched.served.entry.id).toBe("small");
    await readAll(dispatched);
    expect(leases()).toBe(0);
  });

  test("glitch tokens of one model send the prompt to the other, if it is told to", async () => {
    const probe = await dispatchOver([SMALL]);
    const [, ...ids] = await probe.model("small").tokenize("the quick brown fox", { bos: true });
    const small = { ...SMALL, banned: [ids[1]!] };
    for (const [guard, model] of [
      ["route", "large"],
      ["flag", "small"],
    ] as const) {
      const { dispatch, leases } = await dispatchOver([small, LARGE], { guard });
      const dispatched = await dispatch(request("auto", say("the quick brown fox")));
      expect(dispatched.served.entry.id).toBe(model);
      await readAll(dispatched);
      expect(leases()).toBe(0);
    }
  });

  test("a model that turns out not to load is gone round", async () => {
    const { dispatch } = await dispatchOver([
      { ...SMALL, state: "unloaded", refusal: new AppError("OUT_OF_MEMORY", "no room") },
      LARGE,
    ]);
    expect((await dispatch(request("auto", say("hi")))).served.entry.id).toBe("large");
  });

  test("all are busy: that is what is said, and when to come again", async () => {
    const refusal = new AppError("BUSY", "full", { details: { retryAfterSeconds: 3 } });
    const { dispatch } = await dispatchOver([
      { ...SMALL, refusal },
      { ...LARGE, refusal },
    ]);
    await expect(dispatch(request("auto", say("hi")))).rejects.toMatchObject({ code: "BUSY" });
  });

  test("the caller's tier is obeyed", async () => {
    const { dispatch } = await dispatchOver([SMALL, LARGE]);
    const dispatched = await dispatch(request("auto", say("hi"), { tier: "large" }));
    expect(dispatched.served.entry.id).toBe("large");
  });
});
