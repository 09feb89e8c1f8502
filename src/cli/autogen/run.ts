/** `assay autogen config`: entries of the models that there are, printed or put into a file. */

import { dirname, resolve } from "node:path";
import { readTarget } from "../../conformance/index.ts";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { printableLine } from "../printable-line.ts";
import { readApiKeys } from "../serve/api-keys.ts";
import type { AgentModels } from "./agent-model.ts";
import { chooseModels } from "./choose-models.ts";
import { CONFIG_FORMATS, type ConfigEntry, type ConfigFormat, configEntries } from "./config-entries.ts";
import { type FileOutcome, putEntries } from "./config-file.ts";
import { configWarnings } from "./config-warnings.ts";
import { installedModels } from "./installed-models.ts";
import { printJson } from "./print-json.ts";
import { serverModels } from "./server-models.ts";

export type AutogenConfigOptions = SharedOptions & {
  baseUrl?: string;
  format?: ConfigFormat | "all";
  /** Of models to take. */
  ids?: string[];
  apiKeyFile?: string;
  apiKeyEnv?: string;
  output?: string;
  write?: true;
};

/** Where `assay serve` listens unless it is told otherwise. */
const DEFAULT_BASE_URL = "http://127.0.0.1:8080/v1";
/** What a server without keys takes; openai-python wants some text. */
const PLACEHOLDER = "local";

export async function runAutogenConfig(
  context: CliContext,
  options: AutogenConfigOptions,
): Promise<undefined> {
  const { json, terminal, logger } = context;
  const { output, write = false, apiKeyEnv } = options;
  const formats = formatsOf(options);
  const baseUrl = readTarget(options.baseUrl ?? DEFAULT_BASE_URL).base;
  const { source, models } = await findModels(context, options, baseUrl);
  const facts = { baseUrl, apiKey: apiKeyEnv ?? PLACEHOLDER };
  const entries = new Map(formats.map((format) => [format, configEntries(format, models, facts)]));
  const folders = [...new Set([process.cwd(), ...(output === undefined ? [] : [dirname(resolve(output))])])];
  const isAsked = options.baseUrl !== undefined;
  const warned = configWarnings({ source, models, formats, baseUrl, isAsked, apiKeyEnv, folders });
  const format = formats[0]!;
  const file =
    output === undefined
      ? undefined
      : putEntries({ path: output, format, entries: entries.get(format)!, write });
  const warnings = [...warned, ...(file?.warnings ?? [])].map((warning) => visibleToken(warning));
  if (json) terminal.print(printJson(document({ source, baseUrl, entries, warnings, file })));
  else {
    for (const warning of warnings) logger.warn(warning);
    if (file !== undefined) tellFile(context, file);
    else terminal.print(formats.length === 1 ? printJson(entries.get(format)!) : printJson(keyed(entries)));
  }
}

function formatsOf({ format, output, write }: AutogenConfigOptions): readonly ConfigFormat[] {
  if (write && output === undefined)
    throw new AppError("USAGE", "--write needs --output FILE.", { hint: "Without both it is printed." });
  if (format === "all" && output !== undefined)
    throw new AppError("USAGE", "A file holds entries of one format.", {
      hint: `Give --format ${CONFIG_FORMATS.join("|")}.`,
    });
  if (format === undefined && output !== undefined) return ["0.2"];
  return format === undefined || format === "all" ? CONFIG_FORMATS : [format];
}

async function findModels(
  context: CliContext,
  { ids, apiKeyFile }: AutogenConfigOptions,
  baseUrl: string,
): Promise<AgentModels> {
  const { signal, logger } = context;
  const onWarning = (message: string) => logger.warn(message);
  const key = apiKeyFile && readApiKeys({ file: apiKeyFile, environment: undefined, onWarning })[0];
  const served = await serverModels({ target: readTarget(baseUrl), key, signal });
  const listed = served ?? (await installedModels(context));
  return { source: served === undefined ? "installed" : "server", models: chooseModels(listed, ids) };
}

function tellFile(
  { terminal, quiet }: CliContext,
  { state, path, diff, added, changed, backup }: FileOutcome,
) {
  if (diff.length > 0) terminal.print(diff.map(printableLine).join("\n"));
  if (quiet) return;
  const shown = visibleToken(path);
  const counts = `${added.length} new, ${changed.length} changed`;
  if (state === "created")
    terminal.note(`Wrote ${shown}: ${added.length} ${added.length === 1 ? "entry" : "entries"}.`);
  else if (state === "unchanged") terminal.note(`${shown} has all of it already.`);
  else if (state === "shown") terminal.note(`${counts}. Nothing is written yet: add --write.`);
  else terminal.note(`Wrote ${shown}: ${counts}. As it was: ${visibleToken(backup ?? "")}`);
}

function keyed(entries: ReadonlyMap<ConfigFormat, readonly ConfigEntry[]>) {
  return Object.fromEntries(entries);
}

interface Outcome extends Pick<AgentModels, "source"> {
  readonly baseUrl: string;
  readonly entries: ReadonlyMap<ConfigFormat, readonly ConfigEntry[]>;
  readonly warnings: readonly string[];
  readonly file: FileOutcome | undefined;
}

/** The diff stays out: it may hold keys of other entries. */
function document({ source, baseUrl, entries, warnings, file }: Outcome) {
  return {
    schema: 1,
    kind: "autogen-config",
    source,
    base_url: baseUrl,
    formats: keyed(entries),
    warnings,
    file: file
      ? {
          path: file.path,
          state: file.state,
          added: file.added,
          changed: file.changed,
          backup: file.backup ?? null,
        }
      : null,
  };
}
