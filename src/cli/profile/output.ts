/** Where a profile goes: tables or JSON to stdout, the report to its file. */

import type { ModelProfile } from "../../measure/index.ts";
import { profileDocument, profileNotes, profileTables, renderProfileHtml } from "../../report/index.ts";
import { BENCH_VERSIONS, benchMachine } from "../bench/machine.ts";
import { commandLine } from "../command-line.ts";
import type { ProfileOptions } from "../commands/profile.ts";
import type { CliContext } from "../context.ts";
import { formatTable } from "../table.ts";
import { writeOutput } from "../write-output.ts";

/** Sentences and lists of tokens may be longer than a cell of figures. */
const WIDE = 120;

/** Writes the report, if one is wanted, and prints the result. */
export function tellProfile(
  { json, terminal }: CliContext,
  profile: ModelProfile,
  { report }: ProfileOptions,
): void {
  const machine = benchMachine();
  const origin = { command: commandLine(), versions: BENCH_VERSIONS, machine };
  if (report !== undefined) writeOutput(report, renderProfileHtml(profile, origin));
  if (json) terminal.print(JSON.stringify(profileDocument(profile, machine)));
  else
    terminal.print(
      [
        ...profileTables(profile).map(({ title, table }) => {
          const columns = table.columns.map((one) => (one.align === "left" ? { ...one, most: WIDE } : one));
          return `${title}:\n${formatTable(columns, table.rows)}`;
        }),
        profileNotes(profile).join("\n"),
      ].join("\n\n"),
    );
  if (report !== undefined) terminal.note(`Written: ${report}`);
}
