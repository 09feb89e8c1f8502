import { describe, expect, it } from "vitest";
import { lossGrade, recommendUse, type UseFigures } from "./recommend-use.ts";

const ratio = (low: number, middle: number, high: number) => ({ low, ratio: middle, high });
const one = (type: string, gib: number, found?: ReturnType<typeof ratio>, changed = 0): UseFigures => ({
  ...{ type, fileBytes: gib, memoryBytes: gib, ratio: found },
  verdicts: {
    ...{ compared: 1000, stayed: 10, vanished: [] },
    appeared: Array.from({ length: changed }, (_, id) => ({ id, text: "x" })),
  },
});
const Q4 = one("Q4_K_M", 26, ratio(1.01, 1.02, 1.03), 9);
const Q8 = one("Q8_0", 50, ratio(0.999, 1.001, 1.003));
const F16 = one("F16", 93);
const use = (machineBytes: number, ...all: UseFigures[]) => recommendUse(all, { machineBytes, best: "F16" });

describe("recommendUse", () => {
  it("takes the smallest that loses nothing, where it fits", () => {
    const [q4, q8, f16] = use(100, Q4, Q8, F16);
    expect(q4).toContain("A small loss");
    expect(q8).toContain("First choice");
    expect(f16).toContain("The reference");
  });

  it("takes a small loss where nothing better fits", () => {
    const [q4, q8] = use(32, Q4, Q8, F16);
    expect(q4).toContain("First choice here: the smallest that fits with a small loss.");
    expect(q8).toContain("Does not fit");
  });

  it("calls nothing the smallest when the loss of a smaller one is unknown", () => {
    const all = use(100, one("Q4_K_M", 26), Q8, F16);
    expect(all.join()).not.toContain("First choice");
    expect(all[0]).toContain("could not be measured");
    expect(use(100, Q4, Q8, one("Q3_K_M", 60), F16)[1]).toContain("First choice");
  });

  it("asks for a mine of a file whose verdicts moved, and only of such", () => {
    const [q4, q8] = use(100, Q4, Q8, F16);
    expect(q4).toContain("9 verdicts differ");
    expect(q8).not.toContain("verdicts");
  });
});

describe("lossGrade", () => {
  it.each([
    [ratio(0.99, 1, 1.01), "equal"],
    [ratio(0.9, 1, 1.1), "small"],
    [ratio(1.02, 1.06, 1.1), "large"],
    [undefined, "unknown"],
  ])("%j is %s", (found, grade) => expect(lossGrade(found, false)).toBe(grade));
});
