/**
 * How prompts share a step. Shortest first: a prompt of thirty tokens is through in the next step, whatever is being
 * computed beside it, and no other order has a shorter wait on average. Alone it would starve long prompts under a
 * stream of short ones, so the one admitted first is always given a part.
 */

/** What the prompt that has waited longest gets of a step at least. */
const SHARE_OF_OLDEST = 1 / 4;

/**
 * Tokens of a step for each prompt; together all the room, unless less is left to compute.
 * @param remaining tokens that each prompt still needs, in the order of admission
 */
export function promptShares(remaining: readonly number[], room: number): number[] {
  const shares = remaining.map(() => 0);
  let left = Math.max(0, room);
  const give = (index: number, most: number) => {
    const share = Math.min(most, left, remaining[index]! - shares[index]!);
    shares[index]! += share;
    left -= share;
  };
  if (remaining.length > 0) give(0, Math.ceil(room * SHARE_OF_OLDEST));
  const shortestFirst = [...remaining.keys()].sort((a, b) => remaining[a]! - remaining[b]!);
  for (const index of shortestFirst) give(index, left);
  return shares;
}
