/** A program of its own, started by openRunner(): opens one model and does what it is told until it is to end. */

import type { Logger, LogLevel } from "../../logger.ts";
import { openLocalModel } from "../local-model.ts";
import { createReplies } from "./reply-batch.ts";
import type { ChildMessage, OpenOptions, ParentMessage, RunnerState } from "./runner-protocol.ts";
import { type CallServer, serveCalls } from "./serve-calls.ts";
import { tellRegularly } from "./tell-regularly.ts";
import { packVocabulary } from "./vocabulary-table.ts";
import { packError } from "./wire-error.ts";

let server: CallServer | undefined;
let close = async () => {};

// The signals of a terminal or a service manager reach every process of the group; the parent decides what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// The parent is gone, so nobody wants anything any more. An orderly exit would wait for the decode or the load that
// is under way on another thread.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (messages: readonly ParentMessage[]) => {
  for (const message of messages)
    if (message.type === "open") void open(message.options);
    else if (message.type === "close") void close().finally(() => process.exit());
    else server?.handle(message);
});

async function open(options: OpenOptions): Promise<void> {
  try {
    const model = await openLocalModel({ ...options, logger: tellingLogger(), onProgress: progress() });
    const state = (): RunnerState => ({ usage: { ...model.usage }, resident: process.memoryUsage.rss() });
    const replies = createReplies({ send: tell, state });
    const { info } = model;
    close = () => model.close();
    server = serveCalls(model, replies);
    tellRegularly(server, replies.touch);
    tell({
      type: "opened",
      model: {
        info,
        vocabulary: packVocabulary(info.vocabulary, model),
        keepsPrompts: model.promptCache !== undefined,
        state: state(),
      },
    });
  } catch (error) {
    tell({ type: "failed", error: packError(error) });
  }
}

function tell(message: ChildMessage): void {
  // Without a callback a parent that is gone would be an error of its own, and "disconnect" tells it anyway.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** llama.cpp reports every tensor; a hundred messages are enough. */
function progress(): (share: number) => void {
  let told = -1;
  return (share) => {
    const percent = Math.floor(share * 100);
    if (percent > told) tell({ type: "progress", share });
    told = Math.max(told, percent);
  };
}

function tellingLogger(): Logger {
  const at = (level: Exclude<LogLevel, "silent">) => (message: string, context?: object) =>
    tell({ type: "log", level, message, context });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
