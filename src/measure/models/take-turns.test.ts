import { describe, expect, it } from "vitest";
import { AppError } from "../../errors.ts";
import type { BenchSubject, ModelBenchPlan, ModelTurn } from "./model-bench.ts";
import { takeTurns } from "./take-turns.ts";

const plan: ModelBenchPlan = {
  ...{ parallel: [1, 4], promptTokens: 8, newTokens: 4, seconds: 0, seed: 0 },
  ...{ repeat: 3, items: 0, soakSeconds: 0 },
};
const subject = (name: string): BenchSubject => ({
  name,
  model: { name, path: `/${name}.gguf`, fingerprint: name, quantisation: "Q8_0" },
  ...{ parameters: 1, fileBytes: 1, context: 64 },
  estimate: {
    ...{ source: "estimated", gpus: [], weights: 1, kvCache: 1, compute: 1, total: 3 },
    ram: { mapped: 1, copied: 0, kvCache: 1, compute: 1 },
  },
});
const turn = (speed: number): ModelTurn => ({
  loadSeconds: 1 / speed,
  speed: plan.parallel.map((parallel) => ({
    ...{ parallel, rounds: 1, prompt: 10 * speed, generation: speed, ttftMs: [5, 7] },
    bare: { prompt: 20 * speed, generation: 2 * speed },
  })),
  memory: { peak: 30, before: 10 },
  quality: undefined,
  soak: undefined,
});
const [A, B] = [subject("A"), subject("B")];

describe("takeTurns", () => {
  it("lets the models take turns, and pairs them by turn", async () => {
    const order: string[] = [];
    // The machine halves its speed with every turn; A is twice as fast as B all the same.
    const { status, models } = await takeTurns({
      ...{ subjects: [A, B], plan },
      measure: async ({ name }, at) => {
        order.push(name + at);
        return turn((name === "A" ? 200 : 100) / 2 ** at);
      },
    });
    expect(order.join(" ")).toBe("A0 B0 A1 B1 A2 B2");
    expect(status).toBe("done");
    const [first, second] = models.map(({ speed }) => speed[1]!);
    expect(first).toMatchObject({
      parallel: 4,
      generation: { median: 100, min: 50, max: 200 },
      against: undefined,
    });
    expect(second!.against).toEqual({ median: 0.5, min: 0.5, max: 0.5, runs: 3 });
    expect(second!.share.prompt).toMatchObject({ median: 0.5 });
    expect(second!.ttft).toMatchObject({ median: 6, requests: 6 });
    expect(models[0]).toMatchObject({ turns: 3, peakBytes: { median: 30 }, modelBytes: { median: 20 } });
  });

  it("claims no ratio with fewer than three turns", async () => {
    const { models } = await takeTurns({
      ...{ subjects: [A, B], plan: { ...plan, repeat: 2 } },
      measure: async () => turn(100),
    });
    for (const { speed } of models)
      expect(speed[0]).toMatchObject({
        against: undefined,
        share: { prompt: undefined, generation: undefined },
      });
  });

  it("makes a failure a row with its error, keeps its earlier turns and the other models", async () => {
    const asked: string[] = [];
    const { status, models } = await takeTurns({
      ...{ subjects: [A, B], plan },
      measure: async ({ name }, at) => {
        asked.push(name + at);
        if (name === "A" && at === 1) throw new AppError("MODEL_LOAD", "It ended with SIGKILL.");
        return turn(100);
      },
    });
    expect(status).toBe("partial");
    expect(asked).not.toContain("A2");
    expect(models[0]).toMatchObject({ status: "failed", turns: 1, error: { code: "MODEL_LOAD" } });
    expect(models[1]).toMatchObject({ status: "done", turns: 3, error: undefined });
  });

  it("a model that never ran is a row without figures", async () => {
    const { models } = await takeTurns({
      ...{ subjects: [A], plan },
      measure: () => Promise.reject(new AppError("MODEL_LOAD", "No.")),
    });
    expect(models[0]).toMatchObject({ turns: 0, loadSeconds: undefined, speed: [], quality: [] });
  });

  it("a stop leaves what is done, and is an error where nothing is", async () => {
    const stopAt = (last: string) => {
      const controller = new AbortController();
      return takeTurns({
        ...{ subjects: [A, B], plan, signal: controller.signal },
        measure: async ({ name }, at) => {
          if (name + at !== last) return turn(100);
          controller.abort();
          throw new AppError("CANCELLED", "Stopped.");
        },
      });
    };
    const { status, models } = await stopAt("B0");
    expect(status).toBe("interrupted");
    expect(models.map(({ turns, status, error }) => [turns, status, error])).toEqual([
      [1, "interrupted", undefined],
      [0, "interrupted", undefined],
    ]);
    await expect(stopAt("A0")).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("lets a bug through", async () => {
    const broken = takeTurns({ subjects: [A], plan, measure: () => Promise.reject(new TypeError("x")) });
    await expect(broken).rejects.toThrow(TypeError);
  });
});
