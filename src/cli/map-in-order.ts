/** Several items at work at a time, results in the order of the items. */

/**
 * Yields `work(item)` for each item, in order, with at most `limit` begun and not yet yielded.
 * A rejection is thrown where its item stands; nothing further is begun then.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  let index = 0;
  for (const item of items) {
    const result = work(item, index++);
    // It is awaited later; until then a rejection must not count as unhandled.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length >= limit) yield await begun.shift()!;
  }
  for (const result of begun) yield await result;
}
