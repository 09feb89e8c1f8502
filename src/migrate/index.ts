// Moving a project from the former Python system (llama-cpp-python and AutoGen on TinyLlama) to Mixtral.
// Not here: model files (models/), the config list of a running server, the terminal (cli/).
// Start at plan-migration.ts; rules.ts holds what is replaced by what.

export { findOldSettings, type OldSetting } from "./find-old-settings.ts";
export { type JsonNode, type JsonScalar, readJsonTree } from "./json-tree.ts";
export { type FilePlan, type MigrationPlan, planMigration } from "./plan-migration.ts";
export { type ProjectFile, readProjectFiles, type SkippedFiles } from "./project-files.ts";
export { NEW_SETTINGS } from "./rules.ts";
export { applyEdits, lineFinder, type TextEdit } from "./text-edit.ts";
export { unifiedDiff } from "./unified-diff.ts";
export type { MigrationWarning } from "./warnings.ts";
export { BACKUP_FOLDER, type WriteOutcome, writeMigration } from "./write-migration.ts";
