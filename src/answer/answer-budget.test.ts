import { describe, expect, it } from "vitest";
import { answerBudget } from "./answer-budget.ts";

const budget = { promptTokens: 90, maxTokens: undefined, n: 1, context: 100 };

describe("the budget of an answer", () => {
  it("is what was asked for, or all that is left", () => {
    expect(answerBudget({ ...budget, maxTokens: 10 })).toBe(10);
    expect(answerBudget(budget)).toBe(10);
    expect(answerBudget({ ...budget, n: 3 })).toBe(3);
  });

  it("is refused with the counts where it does not fit, never made smaller", () => {
    for (const asked of [
      { ...budget, maxTokens: 11 },
      { ...budget, maxTokens: 6, n: 2 },
      { ...budget, promptTokens: 100 },
      { ...budget, promptTokens: 95, n: 6 },
    ])
      expect(() => answerBudget(asked)).toThrow(
        expect.objectContaining({
          code: "CONTEXT_FULL",
          details: expect.objectContaining({
            promptTokens: asked.promptTokens,
            maxTokens: asked.maxTokens ?? 1,
            context: 100,
          }),
        }),
      );
  });

  it("is at least one token", () => {
    for (const maxTokens of [0, -1, 1.5, Number.NaN])
      expect(() => answerBudget({ ...budget, maxTokens })).toThrow(
        expect.objectContaining({ code: "USAGE" }),
      );
  });
});
