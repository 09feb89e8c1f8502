/** A chat as one JSON document. */

import type { Chat, ChatRecord } from "./chat.ts";

/** Everything that was asked in this process, in order, also what was taken back later. */
export function chatDocument(
  { model, settings, session, guarded, conversation, records }: Chat,
  status: "done" | "partial",
): object {
  const { name, path, fingerprint, quantisation, context } = model.info;
  return {
    schema: 1,
    kind: "chat",
    status,
    model: { name, path, fingerprint, quantisation, context },
    seed: settings.seed,
    session: session?.name ?? null,
    guard: {
      mode: guarded.mode,
      source: guarded.guard?.source ?? null,
      known: guarded.guard?.banned.length ?? null,
    },
    whenFull: settings.whenFull,
    reserve: settings.reserve,
    /** Turns that the model would be given next, and all that were said. */
    prompt: { turns: conversation.turns.length - conversation.from, summary: conversation.earlier ?? null },
    said: conversation.turns.length,
    turns: records.map(describeRecord),
  };
}

function describeRecord({ user, done, error }: ChatRecord): object {
  if (done === undefined) return { user, error };
  const { text, reason, promptTokens, cachedTokens, completionTokens, seconds, guard, room, rewrites } = done;
  return {
    user,
    assistant: text,
    reason,
    promptTokens,
    cachedTokens: cachedTokens ?? null,
    completionTokens,
    seconds,
    guard,
    room: room ?? null,
    rewrites,
  };
}
