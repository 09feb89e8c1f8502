/** Runs work on items with at most so many in flight. */

/**
 * Results in the order of the items. The first failure stops new work and is thrown once what was begun has
 * ended, so that nothing runs on behind the caller's back.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(limit, items.length) }, lane);
  const settled = await Promise.allSettled(lanes);
  for (const lane of settled) if (lane.status === "rejected") throw lane.reason;
  return results;
}
