/** How a process is doing must be known while a long step keeps it from saying anything else. */

/** Milliseconds. */
const PERIOD = 1_000;

/**
 * Calls `touch` every second while there is work, and once after it, when what the work took may be back.
 * @returns what stops it
 */
export function tellRegularly(calls: { readonly active: number }, touch: () => void): () => void {
  let wasActive = false;
  const timer = setInterval(() => {
    const isActive = calls.active > 0;
    if (isActive || wasActive) touch();
    wasActive = isActive;
  }, PERIOD);
  // A process that has nothing else to do may end.
  timer.unref();
  return () => clearInterval(timer);
}
