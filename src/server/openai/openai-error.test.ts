import { describe, expect, it } from "vitest";
import { AppError, ERROR_CODES, type ErrorCode } from "../../errors.ts";
import { openaiError } from "./openai-error.ts";

describe("an error in OpenAI's form", () => {
  it("says the sentence, the hint, the field and the facts", () => {
    const error = new AppError("USAGE", "It is wrong.", {
      hint: "Do this.",
      details: { param: "n", most: 3 },
    });
    expect(openaiError(error)).toEqual({
      status: 400,
      headers: {},
      body: {
        error: {
          message: "It is wrong. Do this.",
          type: "invalid_request_error",
          param: "n",
          code: "invalid_request",
          details: { most: 3 },
        },
      },
    });
  });

  it.each<[ErrorCode, number, string, string]>([
    ["MODEL_NOT_FOUND", 404, "invalid_request_error", "model_not_found"],
    ["CONTEXT_FULL", 400, "invalid_request_error", "context_length_exceeded"],
    ["UNAUTHORISED", 401, "authentication_error", "invalid_api_key"],
    ["FORBIDDEN", 403, "permission_error", "forbidden"],
    ["BUSY", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["OUTPUT_INVALID", 422, "invalid_request_error", "output_invalid"],
    ["RUNNER_LOST", 503, "server_error", "runner_lost"],
    ["DEADLINE", 504, "server_error", "deadline"],
  ])("%s is %i, %s, %s", (code, status, type, word) => {
    const { status: found, body } = openaiError(new AppError(code, "x"));
    expect([found, body.error.type, body.error.code]).toEqual([status, type, word]);
  });

  it("says of a full context what OpenAI says, which LangChain looks for in the text", () => {
    const { body } = openaiError(new AppError("CONTEXT_FULL", "9 tokens, 8 fit.", { hint: "Shorten it." }));
    expect(body.error.message).toBe("9 tokens, 8 fit. This exceeds the context window. Shorten it.");
  });

  it("has a word for every code, and says when to come back where that helps", () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { status, headers, body } = openaiError(new AppError(code, "x"));
      expect(body.error.code).toMatch(/^[a-z_]+$/);
      if (status === 429) expect(headers["retry-after"]).toMatch(/^\d+$/);
    }
    const busy = new AppError("BUSY", "x", { details: { retryAfterSeconds: 6.2 } });
    expect(openaiError(busy).headers["retry-after"]).toBe("7");
    expect(openaiError(busy).body.error).not.toHaveProperty("details");
  });

  it("keeps clients from repeating what only costs the same time again", () => {
    expect(openaiError(new AppError("DEADLINE", "x")).headers["x-should-retry"]).toBe("false");
    expect(openaiError(new AppError("RUNNER_LOST", "x")).headers).not.toHaveProperty("x-should-retry");
  });

  it.each([new TypeError("secret"), "secret", undefined, { message: "secret", code: "X" }])(
    "of what is no error of ours (%s) tells nothing",
    (thrown) => {
      const { status, body } = openaiError(thrown);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain("secret");
    },
  );
});
