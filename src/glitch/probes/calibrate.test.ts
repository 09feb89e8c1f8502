import { describe, expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { type ControlAnswer, calibrate } from "./calibrate.ts";
import { drawControls, stratumOf } from "./controls.ts";
import { fitTwoComponents } from "./two-components.ts";

const template = (id: string) => ({ id, prefix: [1, 2, 3], tail: [4, 5] });

/** Answers of n controls; those for which `fails` holds are never-trained tokens on that template. */
function answers(id: string, n: number, fails: (control: number) => boolean): ControlAnswer[] {
  const random = createRandom(id.length);
  return Array.from({ length: n }, (_, control) => {
    const noise = random() + random() + random() - 1.5;
    const failed = fails(control);
    return {
      id: control,
      template: id,
      logp: failed ? -12 + 2 * noise : Math.log(0.985 + 0.008 * noise),
      passed: !failed,
    };
  });
}

describe("calibrate", () => {
  test("sets aside controls that fail everywhere and keeps the templates", () => {
    const { checks, trimmed } = calibrate(
      [template("a"), template("bb")],
      [...answers("a", 100, (id) => id < 8), ...answers("bb", 100, (id) => id < 8)],
    );
    expect(trimmed).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const check of checks) expect(check).toMatchObject({ kept: true, passRate: 1, controls: 92 });
  });

  test("drops a template that fails where another one passes", () => {
    const { checks, notes } = calibrate(
      [template("good"), template("bad")],
      [...answers("good", 100, () => false), ...answers("bad", 100, (id) => id % 3 === 0)],
    );
    expect(checks.map(({ kept }) => kept)).toEqual([true, false]);
    expect(checks[1]!.passRate).toBeCloseTo(0.66, 2);
    expect(notes.join()).toContain('"bad" dropped: 66.0 % of 100 controls pass');
  });

  test("trims nothing when too much fails to be tokens' fault", () => {
    const { checks, trimmed, notes } = calibrate(
      [template("a")],
      answers("a", 100, (id) => id < 40),
    );
    expect(trimmed).toEqual([]);
    expect(checks[0]!.kept).toBe(false);
    expect(notes.join()).toContain("degenerate");
  });

  test("says so when the controls are one group", () => {
    const { trimmed, notes, checks } = calibrate(
      [template("a")],
      answers("a", 100, () => false),
    );
    expect(trimmed).toEqual([]);
    expect(notes.join()).toContain("one group");
    expect(checks[0]!.kept).toBe(true);
  });

  test("puts the threshold between the groups, lower where normal tokens are less sure", () => {
    const threshold = (shift: number) => {
      const shifted = answers("a", 100, (id) => id < 5).map((answer) => ({
        ...answer,
        logp: answer.passed ? answer.logp - shift : answer.logp,
      }));
      return calibrate([template("a")], shifted).checks[0]!.threshold;
    };
    const [sure, unsure] = [threshold(0), threshold(3)];
    expect(sure).toBeLessThan(0.9);
    expect(sure).toBeGreaterThan(1e-4);
    expect(unsure).toBeLessThan(sure);
    expect(unsure).toBeGreaterThan(1e-6);
  });

  test("keeps nothing on too few answers", () => {
    const { checks, notes } = calibrate(
      [template("a"), template("none")],
      answers("a", 5, () => false),
    );
    expect(checks.map(({ kept }) => kept)).toEqual([false, false]);
    expect(notes.join()).toContain("only 0 controls");
  });
});

describe("fitTwoComponents", () => {
  test("finds a small group far below a large one", () => {
    const values = [...Array.from({ length: 95 }, (_, i) => 4 + (i % 10) / 5), -13, -12, -14, -12.5, -13.5];
    const fit = fitTwoComponents(values)!;
    expect(fit.lower.weight).toBeCloseTo(0.05, 2);
    expect(fit.border).toBeGreaterThan(-12);
    expect(fit.border).toBeLessThan(4);
  });

  test.each([
    ["few values", [1, 2, 3]],
    ["equal values", Array.from({ length: 50 }, () => 2)],
    ["one even group", Array.from({ length: 50 }, (_, i) => i / 50)],
  ])("sees no two groups in %s", (_, values) => {
    expect(fitTwoComponents(values)).toBeUndefined();
  });
});

describe("drawControls", () => {
  const texts = Array.from({ length: 600 }, (_, id) =>
    id % 3 === 0
      ? ` word${"x".repeat(id % 7)}`
      : id % 3 === 1
        ? "я".repeat(1 + (id % 5))
        : "+".repeat(1 + (id % 3)),
  );
  const draw = (count: number, seed: number, ids = [...texts.keys()]) =>
    drawControls(ids, (id) => texts[id]!, count, seed);

  test("takes every stratum in proportion, by seed and whatever the order of the input", () => {
    const drawn = draw(60, 4);
    expect(new Set(drawn).size).toBe(60);
    expect(draw(60, 4, [...texts.keys()].reverse())).toEqual(drawn);
    expect(draw(60, 5)).not.toEqual(drawn);
    const share = (ids: number[]) => ids.filter((id) => stratumOf(texts[id]!).startsWith("cyrillic")).length;
    expect(Math.abs(share(drawn) - 20)).toBeLessThanOrEqual(2);
  });

  test("takes all where there are few", () => {
    expect(draw(50, 1, [3, 1, 2]).sort()).toEqual([1, 2, 3]);
  });
});
