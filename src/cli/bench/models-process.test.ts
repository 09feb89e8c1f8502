import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../events.ts";
import { runInProcess } from "./models-process.ts";

const SCRIPT = "../../../test/support/serve-fixture";
const never = new AbortController().signal;

function run(what: string, { signal = never, onEvent = (_: RunEvent) => {}, graceMs = 200 } = {}) {
  return runInProcess<string>(SCRIPT, { what }, { signal, onEvent, graceMs, execArgv: ["--import", "tsx"] });
}

describe("runInProcess", () => {
  it("gives the answer and passes events on", async () => {
    const events: RunEvent[] = [];
    expect(await run("answer", { onEvent: (event) => events.push(event) })).toBe("done");
    expect(events).toMatchObject([{ type: "stage-start", stage: "work" }]);
  });

  it("throws what the job threw, and a bug as a bug with its stack", async () => {
    await expect(run("fail")).rejects.toMatchObject({ code: "CONTEXT_FULL", hint: "Less." });
    const bug = await run("bug").catch((error) => error);
    expect(bug.code).toBeUndefined();
    expect(bug.message).toMatch(/undefined is no function[\s\S]*serve-fixture/);
  });

  it("tells how a process ended that gave no answer, without its control characters", async () => {
    await expect(run("die")).rejects.toMatchObject({
      code: "MODEL_LOAD",
      message: "The process of the model ended with SIGKILL.",
      hint: expect.stringContaining("memory"),
    });
    const { message } = await run("exit").catch((error) => error);
    expect(message).toBe("The process of the model ended with status 3: assertion\\x1b[2J failed.");
  });

  it.each(["wait", "hang"])("ends a job that shall stop and can only %s", async (what) => {
    const controller = new AbortController();
    const running = run(what, { signal: controller.signal, onEvent: () => controller.abort() });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("a child that is asked to end says so", async () => {
    await expect(run("term")).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("starts nothing once stopped", async () => {
    await expect(run("hang", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
