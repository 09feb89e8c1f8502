import { describe, expect, it } from "vitest";
import { runnerLost, runnerNotLoaded } from "./runner-errors.ts";

const ASSERTION =
  "/build/ggml.c:1234: GGML_ASSERT(n > 0) failed\n/lib/libggml-base.so(+0x1f) [0x7f]\n[New LWP 9]\n";

describe("what is said of a lost process", () => {
  it("names the line that tells the cause, not the trace after it", () => {
    const error = runnerLost("lab-moe", { how: "SIGABRT", stderr: ASSERTION });
    expect(error.code).toBe("RUNNER_LOST");
    expect(error.message).toBe(
      "The process of lab-moe ended with SIGABRT: /build/ggml.c:1234: GGML_ASSERT(n > 0) failed.",
    );
    expect(error.hint).not.toMatch(/memory/);
    expect(error.details).toMatchObject({ how: "SIGABRT", stderr: { length: 3 } });
  });

  it("takes the last line where none tells more, and says what SIGKILL often means", () => {
    expect(runnerLost("m", { how: "status 3", stderr: "one\n\ntwo\n" }).message).toMatch(/status 3: two\.$/);
    const killed = runnerNotLoaded("m.gguf", { how: "SIGKILL", stderr: "" });
    expect(killed.message).toBe("The process that loaded m.gguf ended with SIGKILL.");
    expect(killed.hint).toMatch(/lack of memory/);
  });

  it("shows names and lines without what a terminal would obey", () => {
    const error = runnerLost("\u001b[31mred", { how: "status 1", stderr: "error: \u001b]0;title\u0007\n" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(JSON.stringify(error.details) + error.message).not.toMatch(/[\u0000-\u001f]/);
  });
});
