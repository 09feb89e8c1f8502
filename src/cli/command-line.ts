/** What was typed, for a report to say how its figures are had again. */

/** The command line as it can be given again; words that a shell would read otherwise are quoted. */
export function commandLine(): string {
  const plain = /^[\w./:=%+@,-]+$/;
  const words = process.argv
    .slice(2)
    .map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ["npx assay", ...words].join(" ");
}
