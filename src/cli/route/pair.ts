/** The two models as a router sees them, from their headers and tokenizers alone. */

import { defaultContext, encodeChat, openLocalTokenizer } from "../../engine/index.ts";
import { type ChatMessage, describeModel, estimateMemory, memoryFacts } from "../../models/index.ts";
import type { RouteCandidate } from "../../route/index.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel } from "../with-model.ts";

/** Which two models. */
export interface PairOptions {
  small: string;
  large: string;
}

/**
 * Describes both: as if each were loaded and idle where it fits, since nothing is served here. Their speeds are
 * not known for the same reason.
 */
export async function candidatePair(
  context: CliContext,
  options: PairOptions & Partial<SharedOptions>,
  messages: readonly { readonly role: string; readonly content: string }[],
): Promise<RouteCandidate[]> {
  const { config, signal, logger, unsafeLib } = context;
  const { available } = memoryFacts();
  const candidates: RouteCandidate[] = [];
  for (const tier of ["small", "large"] as const) {
    const { name, path, gguf } = await findModel(context, { argument: options[tier], options: {} });
    const model = describeModel(gguf);
    const tokens = config.context || defaultContext(model.contextTrained);
    const fits = estimateMemory(model, { context: tokens, kvType: config.kvType }).total <= available;
    const tokenizer = await openLocalTokenizer({ path, name, unsafeLib, signal, logger });
    try {
      const { ids } = await encodeChat(tokenizer, messages.map(plainMessage));
      candidates.push({
        ...{ model: name, tier, context: tokens, promptTokens: ids.length, loaded: fits, fits },
        ...{ active: 0, waiting: 0, promptSpeed: undefined, generationSpeed: undefined, glitches: 0 },
      });
    } finally {
      await tokenizer.close();
    }
  }
  return candidates;
}

/** Templates know three roles; others are counted as what they are nearest to. */
function plainMessage({ role, content }: { role: string; content: string }): ChatMessage {
  if (role === "assistant") return { role, content };
  return { role: role === "system" || role === "developer" ? "system" : "user", content };
}
