const PLAIN = /^[\w./:=%+@,-]+$/;

/** A path as it can be pasted into a shell; only what the shell would read otherwise is quoted. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
