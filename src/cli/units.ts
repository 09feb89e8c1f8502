/** Sizes for people. */

/** Bytes as "24.62 GiB", or in MiB below one. */
export function gib(bytes: number): string {
  return bytes >= 2 ** 30 || bytes === 0
    ? `${(bytes / 2 ** 30).toFixed(2)} GiB`
    : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
