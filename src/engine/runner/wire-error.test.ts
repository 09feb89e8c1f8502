import { describe, expect, it } from "vitest";
import { AppError, isAppError } from "../../errors.ts";
import { packError, unpackError } from "./wire-error.ts";

const across = (error: unknown) => unpackError(structuredClone(packError(error)));

describe("errors between processes", () => {
  it("keep code, message, hint and details", () => {
    const details = { promptTokens: 9, log: ["a"] };
    const error = across(new AppError("CONTEXT_FULL", "Too long.", { hint: "Shorten it.", details }));
    expect(isAppError(error)).toBe(true);
    expect(error).toMatchObject({ code: "CONTEXT_FULL", message: "Too long.", hint: "Shorten it.", details });
  });

  it("lose details that cannot be copied, not the error", () => {
    const error = across(new AppError("STORE", "No.", { details: { retry: () => undefined } }));
    expect(error).toMatchObject({ code: "STORE", message: "No.", details: undefined });
  });

  it("stay bugs when they are bugs, with the stack of where they happened", () => {
    const bug = new TypeError("undefined is no function");
    const error = across(bug);
    expect(isAppError(error)).toBe(false);
    expect(error.message).toBe(bug.message);
    expect(error.stack).toBe(bug.stack);
    expect(across("a string").message).toBe("a string");
  });
});
