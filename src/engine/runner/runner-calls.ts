/** The parent's end of the calls: the port's methods as messages, and the answers given to whoever waits for them. */

import { AppError } from "../../errors.ts";
import { type Channel, createChannel } from "../channel.ts";
import type {
  EngineUsage,
  GenerateEvent,
  LanguageModel,
  ProbeResult,
  PromptCache,
  WorkOptions,
} from "../language-model.ts";
import { windowRows } from "./row-window.ts";
import type { OpenedModel, ParentMessage, ReplyBatch, RunnerCall } from "./runner-protocol.ts";
import { readVocabulary } from "./vocabulary-table.ts";
import { unpackError } from "./wire-error.ts";

export interface RunnerCalls {
  /** The port, but for closing. */
  readonly methods: Omit<LanguageModel, "close" | "usage">;
  readonly usage: EngineUsage | undefined;
  readonly resident: number;
  receive(batch: ReplyBatch): void;
  /** The message cannot be sent: its call ends with the error. */
  refuse(message: ParentMessage, error: unknown): void;
  /** Ends all calls, and from now on every new one at once. Only the first reason counts. */
  end(reason: () => Error): void;
}

/** Calls that have not ended; what comes for one that is not here any more is dropped. */
interface Pending {
  /** A task of the scheduler, which counts in `usage`. */
  readonly isTask: boolean;
  onItem(item: unknown): void;
  /** One of these is called, once; both tidy up as well. */
  onEnd(error: unknown, value?: unknown): void;
  onCancel(error: unknown): void;
}

interface Waiting {
  readonly signal?: AbortSignal | undefined;
  readonly onItem?: (item: unknown) => void;
  readonly onEnd: (error: unknown, value?: unknown) => void;
  /** @default onEnd */
  readonly onCancel?: (error: unknown) => void;
}

const TASKS: ReadonlySet<RunnerCall["method"]> = new Set(["score", "probe", "distributions", "generate"]);

/**
 * Creates the methods of a model that answers through messages.
 * @param post sends a message to the other end, soon
 */
export function createRunnerCalls(opened: OpenedModel, post: (message: ParentMessage) => void): RunnerCalls {
  const { info } = opened;
  const pending = new Map<number, Pending>();
  let { state } = opened;
  let ended: (() => Error) | undefined;
  let lastId = 0;

  /** Returns the call's id, 0 for one that ended before it began. */
  const begin = (
    call: RunnerCall,
    { signal, onItem = () => {}, onEnd, onCancel = onEnd }: Waiting,
  ): number => {
    const refusal = ended?.() ?? (signal?.aborted ? cancelled() : undefined);
    if (refusal) {
      onEnd(refusal);
      return 0;
    }
    const id = ++lastId;
    const onAbort = () => cancel(id);
    signal?.addEventListener("abort", onAbort, { once: true });
    const forget = () => {
      pending.delete(id);
      signal?.removeEventListener("abort", onAbort);
    };
    pending.set(id, {
      isTask: TASKS.has(call.method),
      onItem,
      onEnd(error, value) {
        forget();
        onEnd(error, value);
      },
      onCancel(error) {
        forget();
        onCancel(error);
      },
    });
    post({ type: "call", id, call });
    return id;
  };

  /** The reader is told at once, and the engine stops at its next step. */
  const cancel = (id: number) => {
    const call = pending.get(id);
    if (!call) return;
    post({ type: "cancel", id });
    call.onCancel(cancelled());
  };

  const ask = <T>(call: RunnerCall, signal?: AbortSignal): Promise<T> =>
    new Promise((resolve, reject) => {
      const onEnd = (error: unknown, value?: unknown) => (error ? reject(error) : resolve(value as T));
      begin(call, { signal, onEnd });
    });

  const stream = <T>(call: RunnerCall, signal: AbortSignal | undefined) => {
    const channel: Channel<T> = createChannel(() => cancel(id));
    const id = begin(call, {
      signal,
      onItem: (item) => channel.push(item as T),
      onEnd: (error) => (error ? channel.fail(error) : channel.end()),
      onCancel: channel.stop,
    });
    return { id, channel };
  };

  /** Begins when it is read, as a reader that never comes would hold its rows in the other process for ever. */
  async function* distributions(tokens: readonly number[], { signal, ...options }: WorkOptions = {}) {
    const window = windowRows(info.vocabulary);
    const half = Math.floor(window / 2);
    const call = { method: "distributions", tokens, options, window } as const;
    const { id, channel } = stream<Float32Array>(call, signal);
    let taken = 0;
    for await (const row of channel) {
      yield own(row);
      if (++taken % half === 0) post({ type: "taken", id, rows: half });
    }
  }

  const promptCache: PromptCache = {
    save: (tokens, path) => ask({ method: "save", tokens, path }),
    load: (path) => ask({ method: "load", path }),
  };

  return {
    methods: {
      info,
      ...readVocabulary(opened.vocabulary),
      tokenize: (text, options = {}) => ask({ method: "tokenize", text, options }),
      detokenize: (ids, options = {}) => ask({ method: "detokenize", ids, options }),
      score: async (tokens, { signal, ...options } = {}) =>
        own(await ask<Float64Array>({ method: "score", tokens, options }, signal)),
      probe: (prefix, cases, { signal, ...options } = {}) =>
        stream<ProbeResult>({ method: "probe", prefix, cases, options }, signal).channel,
      distributions,
      generate: ({ signal, ...request }) =>
        stream<GenerateEvent>({ method: "generate", request }, signal).channel,
      ...(opened.keepsPrompts && { promptCache }),
    },
    get usage() {
      const { usage } = state;
      if (!usage) return undefined;
      // What is still on its way there waits too.
      const asked = [...pending.values()].filter(({ isTask }) => isTask).length;
      return { ...usage, waiting: Math.max(usage.waiting, asked - usage.active) };
    },
    get resident() {
      return state.resident;
    },
    receive(batch) {
      state = batch.state;
      for (const [id, items] of batch.items) for (const item of items) pending.get(id)?.onItem(item);
      for (const end of batch.ends)
        if ("error" in end) pending.get(end.id)?.onEnd(unpackError(end.error));
        else pending.get(end.id)?.onEnd(undefined, end.value);
    },
    refuse(message, error) {
      if (message.type === "call") pending.get(message.id)?.onEnd(error);
    },
    end(reason) {
      ended ??= reason;
      for (const call of [...pending.values()]) call.onEnd(reason());
    },
  };
}

/** What has come is a view of its whole message, which would live as long as the reader keeps the view. */
function own<T extends Float32Array | Float64Array>(view: T): T {
  return view.slice() as T;
}

function cancelled(): AppError {
  return new AppError("CANCELLED", "The request was stopped.");
}
