/** `assay migrate`: the diff, the warnings, and on demand the writing. */

import { AppError, ERROR_CODES } from "../errors.ts";
import {
  lineFinder,
  type MigrationPlan,
  type MigrationWarning,
  planMigration,
  type SkippedFiles,
  unifiedDiff,
  type WriteOutcome,
  writeMigration,
} from "../migrate/index.ts";
import type { CliContext, SharedOptions } from "./context.ts";
import { printableLine } from "./printable-line.ts";

export type MigrateOptions = SharedOptions & { write?: true; check?: true };

export async function runMigrate(
  context: CliContext,
  { write, check }: MigrateOptions,
  path = ".",
): Promise<number> {
  if (write && check) throw new AppError("USAGE", "Give --write or --check, not both.");
  const { json, terminal } = context;
  const plan = planMigration(path);
  const outcome = write && plan.files.length > 0 ? writeMigration(plan, new Date()) : undefined;
  if (json) terminal.print(JSON.stringify(document(plan, outcome)));
  else show(context, plan, outcome);
  if (outcome !== undefined && outcome.left.length > 0) return ERROR_CODES.DATA_UNAVAILABLE.exit;
  return check && plan.files.length > 0 ? ERROR_CODES.FINDINGS.exit : 0;
}

function document(
  { files, warnings, skipped, read }: MigrationPlan,
  outcome: WriteOutcome | undefined,
): object {
  return {
    schema: 1,
    kind: "migrate",
    files: files.map(({ path, text, edits }) => {
      const lineOf = lineFinder(text);
      const rows = edits.map(({ start, before, after, why }) => ({
        line: lineOf(start),
        before,
        after,
        why,
      }));
      return { path, edits: rows };
    }),
    warnings,
    read,
    skipped,
    written: outcome?.written ?? [],
    left: outcome?.left ?? [],
    backup: outcome?.backup ?? null,
  };
}

function show(
  { terminal, quiet }: CliContext,
  { root, files, warnings, skipped, read }: MigrationPlan,
  outcome: WriteOutcome | undefined,
): void {
  for (const { path, text, edits } of files)
    terminal.print(unifiedDiff(path, text, edits).map(printableLine).join("\n"));
  if (quiet) return;
  for (const warning of warnings) terminal.note(describeWarning(warning));
  for (const { path, reason } of outcome?.left ?? [])
    terminal.note(`Not written: ${printableLine(path)}: ${printableLine(reason)}.`);
  const edits = files.reduce((sum, file) => sum + file.edits.length, 0);
  const counts = `${edits} settings in ${files.length} of ${read} files${describeSkipped(skipped)}`;
  if (files.length === 0) terminal.note(`Nothing to change in ${read} files${describeSkipped(skipped)}.`);
  else if (outcome === undefined) terminal.note(`${counts}. Nothing is written yet: add --write.`);
  else
    terminal.note(
      `${counts}; ${outcome.written.length} files written. Back again: cp -R ${shellWord(`${root}/${outcome.backup}/.`)} ${shellWord(root)}`,
    );
}

/** Places for people; --json has all. */
const SHOWN = 12;

function describeWarning({ message, places }: MigrationWarning): string {
  const shown = places
    .slice(0, SHOWN)
    .map(({ path, line }) => printableLine(line === undefined ? path : `${path}:${line}`));
  const more = places.length > SHOWN ? `, and ${places.length - SHOWN} more` : "";
  return `Warning: ${message}\n  ${shown.join(", ")}${more}`;
}

function describeSkipped({ folders, links, binary, tooLarge, notUtf8 }: SkippedFiles): string {
  const parts = [
    [folders, "folders of tools and caches"],
    [links, "links"],
    [binary, "binary files"],
    [tooLarge.length, "files over 2 MiB"],
    [notUtf8.length, "files not in UTF-8"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return told.length === 0 ? "" : ` (skipped: ${told.join(", ")})`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${printableLine(text).replaceAll("'", "'\\''")}'`;
}
