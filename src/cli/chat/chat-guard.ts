/** The guard of a chat: what the stored mines know against the model's tokens. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { GuardMode, PromptGuard } from "../../answer/index.ts";
import type { LanguageModel } from "../../engine/index.ts";
import { silentLogger } from "../../logger.ts";
import { formatCount } from "../../report/index.ts";
import type { CliContext } from "../context.ts";
import { withStore } from "../with-store.ts";

/** Modes that a chat has; "route" needs another model. Named here too, so that --help reads no other room. */
export const CHAT_GUARD_MODES = ["off", "flag", "rewrite", "refuse"] as const;
export type ChatGuardMode = (typeof CHAT_GUARD_MODES)[number];

export interface ChatGuard {
  readonly mode: GuardMode;
  /** Undefined: the file was never mined, or nobody looked. */
  readonly guard: PromptGuard | undefined;
  readonly wasLookedFor: boolean;
}

/**
 * Looks for a finished mine of the model's very file.
 * @param wish undefined: "rewrite" where there is one, else "off"
 * @throws STORE where a guard was asked for and the store cannot be read
 */
export async function openGuard(
  context: CliContext,
  model: LanguageModel,
  wish: ChatGuardMode | undefined,
): Promise<ChatGuard> {
  if (wish === "off") return { mode: "off", guard: undefined, wasLookedFor: false };
  const none = { mode: wish ?? "off", guard: undefined, wasLookedFor: true } as const;
  const { config, logger } = context;
  // Opening a store makes one; a chat has nothing to put into it.
  if (!existsSync(resolve(config.store))) return none;
  const { createStoredGuards } = await import("../../server/index.ts");
  try {
    const guard = await withStore(context, (store) => {
      const findGuard = createStoredGuards({ store, logger: { ...silentLogger, warn: logger.warn } });
      return findGuard(model);
    });
    return guard === undefined ? none : { mode: wish ?? "rewrite", guard, wasLookedFor: true };
  } catch (error) {
    if (wish !== undefined) throw error;
    logger.warn(`The stored mines cannot be read, nothing is guarded: ${(error as Error).message}`);
    return none;
  }
}

/** One sentence for the user. */
export function describeGuard({ mode, guard, wasLookedFor }: ChatGuard, model: string): string {
  if (guard !== undefined)
    return `Guard: ${mode}, glitch tokens known by ${guard.source}: ${formatCount(guard.banned.length)}.`;
  if (!wasLookedFor) return "Guard: off.";
  if (mode === "off") return `Guard: off. It needs a mine of this file: npx assay mine ${model}`;
  return `Guard: ${mode}, but ${model} was never mined, so it knows no glitch token: npx assay mine ${model}`;
}
