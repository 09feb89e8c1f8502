/** Old settings as rows, for whoever checks a project beside a model. */

import { planMigration } from "./plan-migration.ts";
import { lineFinder } from "./text-edit.ts";

/** One setting that still names the old model. */
export interface OldSetting {
  /** From the project's folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What the setting is, one phrase. */
  readonly what: string;
  readonly value: string;
  readonly newValue: string;
}

/**
 * The settings of the former system in a folder.
 * @throws AppError DATA_UNAVAILABLE, USAGE
 */
export function findOldSettings(folder: string): readonly OldSetting[] {
  return planMigration(folder).files.flatMap(({ path, text, edits }) => {
    const lineOf = lineFinder(text);
    return edits.map(({ start, before, after, why }) => ({
      file: path,
      line: lineOf(start),
      what: why,
      value: before,
      newValue: after,
    }));
  });
}
