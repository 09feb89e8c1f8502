/** Everything random in this room comes from a seed and a purpose, so that no two draws disturb each other. */

/**
 * Mixes numbers and texts into 32 bits (FNV-1a with a final avalanche). Not for secrets.
 * @example hash32(runSeed, "controls", tokenId)
 */
export function hash32(...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5;
  const mix = (value: number) => {
    hash = Math.imul(hash ^ (value & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (value >>> 16), 0x01000193);
  };
  for (const part of parts) {
    if (typeof part === "number") mix(part | 0);
    else for (let i = 0; i < part.length; i++) mix(part.charCodeAt(i));
    mix(0x1f); // a border, so that ("ab", "c") is not ("a", "bc")
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Puts ids in an order that depends on the seed and each id alone, so that it is the same whatever the
 * order of the input and whatever other ids there are.
 */
export function seededOrder(ids: Iterable<number>, seed: number, purpose: string): number[] {
  return [...ids]
    .map((id) => ({ id, key: hash32(seed, purpose, id) }))
    .sort((a, b) => a.key - b.key || a.id - b.id)
    .map(({ id }) => id);
}
