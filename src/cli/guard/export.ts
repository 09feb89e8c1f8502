/** `assay guard export`: banned ids as a server takes them, or as a list to commit. */

import type { BanFormat } from "../../glitch/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel, withTokenizer } from "../with-model.ts";
import { writeOutput } from "../write-output.ts";
import { describeSource, findBanned, type GuardSource, type GuardSourceOptions } from "./source.ts";

export type GuardExportOptions = GuardSourceOptions & SharedOptions & { format: BanFormat; output?: string };

export async function runGuardExport(
  context: CliContext,
  options: GuardExportOptions,
  argument?: string,
): Promise<undefined> {
  const { format, output } = options;
  const { json, terminal, logger } = context;
  const { BAN_LIMITS, banFields, banList, formatBanList } = await import("../../glitch/index.ts");
  const { model, source, bytesOf } = await findSource(context, options, argument);
  const limit = BAN_LIMITS[format];
  if (limit !== undefined && source.banned.length > limit)
    logger.warn(`${source.banned.length} entries; ${LIMIT_OF[format]} takes at most ${limit} in a request.`);
  logger.info(describeSource(source));
  const list = format === "list" ? banList(model, source.banned, bytesOf) : undefined;
  const body = format === "list" ? list : banFields(format, source.banned);
  const text = list === undefined ? `${JSON.stringify(body)}\n` : formatBanList(list);
  if (output !== undefined) writeOutput(output, text);
  if (json)
    terminal.print(
      JSON.stringify({
        schema: 1,
        kind: "guard-export",
        model: { name: model.name, fingerprint: model.fingerprint },
        source: { ...source.from, banned: source.banned.length },
        format,
        body,
      }),
    );
  else if (output === undefined) terminal.write(text);
  else terminal.note(`Written: ${output}`);
  return undefined;
}

const LIMIT_OF: Readonly<Partial<Record<BanFormat, string>>> = { openai: "OpenAI itself", vllm: "vLLM" };

interface ExportSource {
  readonly model: { name: string; fingerprint: string; vocabulary: number };
  readonly source: GuardSource;
  readonly bytesOf: (id: number) => Uint8Array;
}

/** A run of the store says enough for a server's form; texts, and checking a file's, take the tokenizer. */
async function findSource(
  context: CliContext,
  options: GuardExportOptions,
  argument: string | undefined,
): Promise<ExportSource> {
  const choice = { argument, options };
  if (options.format !== "list" && options.tokens === undefined) {
    const { name, path, gguf } = await findModel(context, choice);
    const { fingerprint, stringsOf } = await import("../../models/index.ts");
    const model = {
      name,
      fingerprint: await fingerprint(path),
      vocabulary: stringsOf(gguf, "tokenizer.ggml.tokens")?.ends.length ?? 0,
    };
    return { model, source: await findBanned(context, model, options), bytesOf: () => new Uint8Array() };
  }
  return withTokenizer(context, choice, async ({ info, tokenBytes }) => {
    const source = await findBanned(context, info, options, (id) =>
      id < info.vocabulary ? visibleToken(tokenBytes(id)) : "no token of this model",
    );
    const bytes = new Map(source.banned.map((id) => [id, tokenBytes(id)]));
    return { model: info, source, bytesOf: (id) => bytes.get(id)! };
  });
}
