/** A prompt in tokens, with known glitch tokens marked. */

import type { PromptGuard } from "../../answer/index.ts";
import type { Tokenizer } from "../../engine/index.ts";
import { formatCount } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";

/**
 * The tokens of a prompt between bars, and a line of figures; a glitch token is shown as ⟦text id⟧.
 * @returns text that is safe to show
 */
export function describeTokens(
  model: Pick<Tokenizer, "tokenBytes" | "tokenKind">,
  ids: readonly number[],
  guard: Pick<PromptGuard, "scan"> | undefined,
): string {
  const glitches = new Set(guard?.scan(ids).map(({ index }) => index));
  const pieces = ids.map((id, index) => {
    const bytes = model.tokenBytes(id);
    const text = bytes.length > 0 ? visibleToken(bytes) : `<${model.tokenKind(id)} ${id}>`;
    return glitches.has(index) ? `⟦${text} ${id}⟧` : text;
  });
  const known =
    guard === undefined
      ? "which of them are glitch tokens is not known"
      : `${glitches.size} known glitch tokens`;
  return `${pieces.join("|")}\n${formatCount(ids.length)} tokens; ${known}.`;
}
