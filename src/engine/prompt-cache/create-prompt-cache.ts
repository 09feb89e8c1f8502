/** The prefix cache on disk and back, between the scheduler's steps. */

import { AppError } from "../../errors.ts";
import { type LlamaContext, readSequenceState, type SequenceStateForm } from "../../llama/index.ts";
import type { CacheSpace } from "../cache-space.ts";
import type { ModelInfo, PromptCache } from "../language-model.ts";
import type { Scheduler } from "../scheduler.ts";
import {
  type PromptFileKey,
  readPromptFile,
  type SavedPrompt,
  unusable,
  writePromptFile,
} from "./prompt-file.ts";

export interface PromptCacheOptions {
  readonly context: LlamaContext;
  readonly scheduler: Pick<Scheduler, "exclusive">;
  readonly info: ModelInfo;
  readonly kvType: string;
}

/** Creates the port over a context that the scheduler owns. */
export function createPromptCache({ context, scheduler, info, kvType }: PromptCacheOptions): PromptCache {
  const key: PromptFileKey = { fingerprint: info.fingerprint, kvType, vocabulary: info.vocabulary };
  let ownForm: SequenceStateForm | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One at a time: a state is in memory as a whole, and two writers of one name would meet. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  /** The form of this context's states, learned from one token. */
  const formOf = (): Promise<SequenceStateForm> =>
    scheduler.exclusive(async (space) => {
      ownForm ??= await withSequence(space, 1, async (sequence) => {
        context.clearBatch();
        context.push(info.bos ?? 0, 0, sequence, false);
        if ((await context.decode()) === "full") throw noRoom();
        const form = readSequenceState(await context.saveSequence(sequence), 1);
        if (!form) throw unsupported();
        return form;
      });
      return ownForm;
    });

  const take = (tokens: readonly number[]): Promise<SavedPrompt | undefined> =>
    scheduler.exclusive(async (space) => {
      const { entry, length } = space.match(tokens, tokens.length);
      if (!entry) return undefined;
      space.hold(entry);
      try {
        const state = await withSequence(space, 0, (sequence) => {
          space.share(entry.sequence, sequence, length);
          return context.saveSequence(sequence);
        });
        if (!readSequenceState(state, length)) throw unsupported();
        return { tokens: tokens.slice(0, length), state };
      } finally {
        space.release(entry);
      }
    });

  const put = (path: string, { tokens, state }: SavedPrompt): Promise<void> =>
    scheduler.exclusive(async (space) => {
      if (space.match(tokens, tokens.length).length === tokens.length) return;
      const [sequence] = space.reserve(1, tokens.length) ?? [];
      if (sequence === undefined) throw noRoom();
      const isRestored = await context.restoreSequence(sequence, state);
      if (isRestored) space.publish(sequence, tokens, undefined, 0);
      else space.free(sequence);
      space.giveBackCells(tokens.length);
      if (!isRestored) throw unusable(path, "llama.cpp does not take its cells");
    });

  return {
    save: (tokens, path) =>
      inTurn(async () => {
        const taken = await take(tokens);
        return taken && { tokens: taken.tokens.length, bytes: await writePromptFile(path, key, taken) };
      }),
    load: (path) =>
      inTurn(async () => {
        const saved = await readPromptFile(path, key, {
          maxTokens: info.context,
          stateBytes: async (tokens) => (await formOf()).bytes(tokens),
        });
        const { form } = await formOf();
        if (readSequenceState(saved.state, saved.tokens.length)?.form !== form)
          throw unusable(path, "its cells are not of this model's form");
        await put(path, saved);
        return { tokens: saved.tokens.length, bytes: saved.bytes };
      }),
  };
}

/** Lends a sequence and cells, and takes both back. */
async function withSequence<T>(
  space: CacheSpace,
  cells: number,
  use: (sequence: number) => Promise<T>,
): Promise<T> {
  const [sequence] = space.reserve(1, cells) ?? [];
  if (sequence === undefined) throw noRoom();
  try {
    return await use(sequence);
  } finally {
    space.free(sequence);
    space.giveBackCells(cells);
  }
}

function noRoom(): AppError {
  return new AppError("BUSY", "The cache has no room for a saved prompt now.", {
    hint: "Try again when running requests have ended, or open the model with a larger cache.",
  });
}

function unsupported(): AppError {
  return new AppError("UNSUPPORTED", "The cache of this kind of model cannot be kept in a file.");
}
