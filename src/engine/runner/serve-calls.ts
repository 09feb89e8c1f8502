/** The child's end: does the calls on a model and collects what comes of them. It knows nothing of processes. */

import type { GenerateRequest, LanguageModel } from "../language-model.ts";
import type { Replies } from "./reply-batch.ts";
import { createRowWindow, type RowWindow } from "./row-window.ts";
import type { CallEnd, ParentMessage, RunnerCall } from "./runner-protocol.ts";
import { packError } from "./wire-error.ts";

export interface CallServer {
  handle(message: Exclude<ParentMessage, { type: "open" | "close" }>): void;
  /** Calls that have not ended. */
  readonly active: number;
}

interface Running {
  readonly stop: AbortController;
  readonly window: RowWindow | undefined;
}

/** Serves the calls that are handed to it. */
export function serveCalls(model: LanguageModel, replies: Replies): CallServer {
  const running = new Map<number, Running>();

  const answer = async (id: number, call: RunnerCall) => {
    const stop = new AbortController();
    const window = call.method === "distributions" ? createRowWindow(call.window, stop.signal) : undefined;
    running.set(id, { stop, window });
    let end: CallEnd;
    try {
      const onItem = (item: unknown) => replies.item(id, item);
      end = { id, value: await perform(model, call, { signal: stop.signal, window, onItem }) };
    } catch (error) {
      end = { id, error: packError(error) };
    }
    running.delete(id);
    replies.end(end);
  };

  return {
    handle(message) {
      if (message.type === "call") void answer(message.id, message.call);
      // A call that has ended by now has nothing to stop.
      else if (message.type === "cancel") running.get(message.id)?.stop.abort();
      else running.get(message.id)?.window?.widen(message.rows);
    },
    get active() {
      return running.size;
    },
  };
}

interface Tools {
  readonly signal: AbortSignal;
  readonly window: RowWindow | undefined;
  readonly onItem: (item: unknown) => void;
}

/** Begins at once, so that calls which came together share the engine's first step. */
async function perform(
  model: LanguageModel,
  call: RunnerCall,
  { signal, window, onItem }: Tools,
): Promise<unknown> {
  switch (call.method) {
    case "tokenize":
      return model.tokenize(call.text, call.options);
    case "detokenize":
      return model.detokenize(call.ids, call.options);
    case "score":
      return model.score(call.tokens, { ...call.options, signal });
    case "probe":
      for await (const result of model.probe(call.prefix, call.cases, { ...call.options, signal }))
        onItem(result);
      return;
    case "generate": {
      const request: GenerateRequest = { ...call.request, signal };
      for await (const event of model.generate(request)) onItem(event);
      return;
    }
    case "distributions":
      for await (const row of model.distributions(call.tokens, { ...call.options, signal })) {
        await window?.pass();
        onItem(row);
      }
      return;
    case "save":
      return model.promptCache?.save(call.tokens, call.path);
    case "load":
      return model.promptCache?.load(call.path);
  }
}
