/** Opens a model in a process of its own and ends that process again. */

import { AppError } from "../../errors.ts";
import { silentLogger } from "../../logger.ts";
import { createOutbox } from "./outbox.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import { createRunnerCalls, type RunnerCalls } from "./runner-calls.ts";
import { runnerLost, runnerNotLoaded } from "./runner-errors.ts";
import { type RunnerProcess, startRunnerProcess } from "./runner-process.ts";
import type { ChildMessage, OpenedModel, ParentMessage } from "./runner-protocol.ts";
import { unpackError } from "./wire-error.ts";

/** Long enough for the step under way and for freeing a large model, short enough to be waited for. */
const CLOSE_MS = 5_000;

/**
 * Opens a model file in a child process. Its methods do what those of a local model do, but that distributions()
 * begins when it is read.
 * @throws what openLocalModel() throws; MODEL_LOAD if the process ended while it loaded; CANCELLED
 * @example
 * const model = await openRunner({ path: "models/lab-moe.gguf" });
 * void model.ended.then(({ expected, how }) => expected || console.error(`lost: ${how}`));
 * const ids = await model.tokenize("The quick brown", { bos: true });
 * for await (const event of model.generate({ prompt: ids, maxTokens: 8 })) console.log(event);
 * await model.close(); // the process is gone, and its memory is back
 */
export async function openRunner(options: RunnerOptions): Promise<Runner> {
  let calls: RunnerCalls | undefined;
  const { child, opened } = await load(options, (message) => {
    if (message.type === "batch") calls?.receive(message);
  });
  const outbox = createOutbox<ParentMessage>({
    send: child.send,
    onRefused: (message, error) => calls?.refuse(message, error),
  });
  calls = createRunnerCalls(opened, outbox.push);
  let closing: Promise<void> | undefined;
  const ended = child.ended.then((end) => {
    calls.end(() => runnerLost(opened.info.name, end));
    return { expected: closing !== undefined, how: end.how };
  });

  const close = async () => {
    calls.end(() => new AppError("CANCELLED", "The model is closed."));
    outbox.push({ type: "close" });
    outbox.flush();
    const impatience = setTimeout(child.kill, CLOSE_MS);
    await ended;
    clearTimeout(impatience);
  };

  return {
    ...calls.methods,
    pid: child.pid,
    ended,
    get usage() {
      return calls.usage;
    },
    get resident() {
      return calls.resident;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

interface Loaded {
  readonly child: RunnerProcess;
  readonly opened: OpenedModel;
}

/** Starts the process and waits until the model is loaded; a process that failed to is gone before the error comes. */
async function load(options: RunnerOptions, onMessage: (message: ChildMessage) => void): Promise<Loaded> {
  const { signal, onProgress, logger = silentLogger, execArgv, ...sent } = options;
  const stopped = () => new AppError("CANCELLED", `Loading ${options.path} was stopped.`);
  if (signal?.aborted) throw stopped();
  let failure: Error | undefined;
  let onOpened = (_: OpenedModel) => {};
  const child = startRunnerProcess({
    execArgv,
    onMessage(message) {
      if (message.type === "progress") onProgress?.(message.share);
      else if (message.type === "log") logger[message.level](message.message, message.context);
      else if (message.type === "opened") onOpened(message.model);
      else if (message.type === "failed") {
        failure = unpackError(message.error);
        child.kill();
      } else onMessage(message);
    },
  });
  signal?.addEventListener("abort", child.kill, { once: true });
  try {
    const opened = await new Promise<OpenedModel>((resolve, reject) => {
      onOpened = resolve;
      void child.ended.then((end) => reject(failure ?? runnerNotLoaded(options.path, end)));
      child.send([{ type: "open", options: sent }]);
    });
    if (!signal?.aborted) return { child, opened };
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", child.kill);
  }
  await child.ended;
  throw stopped();
}
