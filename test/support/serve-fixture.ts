/** The child of src/cli/bench/models-process.test.ts: does what it is told, also what a native crash would. */

import { serveJob } from "../../src/cli/bench/models-serve.ts";
import { AppError } from "../../src/errors.ts";

type Job = "answer" | "fail" | "bug" | "die" | "exit" | "wait" | "term" | "hang";

serveJob<{ what: Job }, string>(async ({ what }, { signal, onEvent }) => {
  const forEver = () => new Promise<never>(() => setInterval(() => undefined, 1000));
  switch (what) {
    case "answer":
      onEvent({ type: "stage-start", stage: "work", total: 1, unit: "things", done: 0 });
      return "done";
    case "fail":
      throw new AppError("CONTEXT_FULL", "No room.", { hint: "Less." });
    case "bug":
      throw new TypeError("undefined is no function");
    case "die":
      process.kill(process.pid, "SIGKILL");
      return forEver();
    case "exit":
      process.stderr.write("assertion\u001b[2J failed\n");
      process.exit(3);
      break;
    case "term":
      setTimeout(() => process.kill(process.pid, "SIGTERM"), 50);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    case "wait":
      onEvent({ type: "stage-start", stage: "waiting", total: 1, unit: "things", done: 0 });
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    case "hang":
      onEvent({ type: "stage-start", stage: "hanging", total: 1, unit: "things", done: 0 });
      return forEver();
  }
});
