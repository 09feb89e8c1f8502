/** `assay models pull`: a model from the catalogue, the hub or an address onto this disk. */

import { basename } from "node:path";
import { hubToken } from "../../config.ts";
import { AppError, isAppError } from "../../errors.ts";
import type { PulledModel } from "../../models/index.ts";
import { formatSeconds } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { commandLine } from "../command-line.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { gib } from "../units.ts";

export type ModelsPullOptions = SharedOptions & {
  output?: string;
  revision?: string;
  sha256?: string;
  allowHttp?: true;
  allowHost?: string[];
};

type Stage = "pull" | "check";
const MB = 1e6;

export async function runModelsPull(
  context: CliContext,
  { output, revision, sha256, allowHttp, allowHost }: ModelsPullOptions,
  source = "",
): Promise<undefined> {
  const { config, resolved, signal, terminal } = context;
  const [{ pulledFolder, pullModel }, { userEntries }] = await Promise.all([
    import("../../models/index.ts"),
    import("../user-catalogue.ts"),
  ]);
  const modelsDirIsChosen = resolved.origins.modelsDir.source !== "default";
  const started = performance.now();
  const stages = showBytes(context);
  try {
    const model = await pullModel(source, {
      folder: pulledFolder({ ...config, modelsDirIsChosen }),
      output,
      revision,
      sha256,
      hubEndpoint: config.hubEndpoint,
      token: hubToken(resolved),
      allowHttp,
      allowHosts: allowHost,
      userEntries: userEntries(),
      signal,
      onProgress: stages.onProgress,
      onNote: (message) => terminal.onEvent({ type: "run-note", message }),
    });
    stages.end();
    await tellPulled(context, model, (performance.now() - started) / 1_000);
    return undefined;
  } catch (error) {
    if (!isAppError(error) || error.code !== "CANCELLED") throw error;
    throw new AppError("CANCELLED", `Stopped at ${stages.share()} %; what came is kept.`, {
      hint: `Go on with: ${commandLine()}`,
      cause: error,
    });
  } finally {
    stages.end();
  }
}

/** Shows the stages in megabytes; what an earlier call brought is told apart. */
function showBytes({ terminal }: CliContext) {
  let running: { stage: Stage; from: number; done: number; share: number; startedAt: number } | undefined;
  let reached = 0;
  const end = () => {
    if (!running) return;
    const { stage, from, done, startedAt } = running;
    const seconds = (performance.now() - startedAt) / 1_000;
    terminal.onEvent({ type: "stage-end", stage, done: done - from, seconds });
    running = undefined;
  };
  return {
    end,
    /** Whole per cent of the model that is here. */
    share: () => reached,
    onProgress(stage: Stage, bytes: number, of: number, resumed: number) {
      const [done, total] = [Math.floor(bytes / MB), Math.ceil(of / MB)];
      if (stage === "pull") reached = Math.floor((bytes / of) * 100);
      if (running?.stage !== stage) {
        end();
        const from = stage === "pull" ? Math.floor(resumed / MB) : done;
        terminal.onEvent({ type: "stage-start", stage, total, unit: "MB", done: from });
        running = { stage, from, done, share: 0, startedAt: performance.now() };
      } else if (running.done === done) return;
      running.done = done;
      terminal.onEvent({ type: "stage-progress", stage, done, total });
    },
  };
}

async function tellPulled(
  { json, terminal }: CliContext,
  model: PulledModel,
  seconds: number,
): Promise<void> {
  const { describeLegacyExperts } = await import("../../models/index.ts");
  const { name, path, bytes, resumedFrom, files, gguf } = model;
  const legacy = describeLegacyExperts(gguf);
  if (json) {
    const document = {
      ...{ schema: 1, kind: "pull", name, path, bytes },
      // A model in shards has no hash of its own; each file has one.
      sha256: files.length === 1 ? files[0]!.sha256 : undefined,
      ...{ resumedFrom, seconds: Number(seconds.toFixed(3)) },
      needsRepair: legacy !== undefined,
      files,
    };
    terminal.print(JSON.stringify(document));
    return;
  }
  const shown = visibleToken(path);
  const there = files.every(({ alreadyThere }) => alreadyThere);
  const of = files.length > 1 ? ` in ${files.length} files` : "";
  const brought = `${gib(bytes)}${of} in ${formatSeconds(seconds)}${resumedFrom > 0 ? ` (${gib(resumedFrom)} were here before)` : ""}`;
  terminal.print(`${shown}: ${there ? `already there, ${gib(bytes)}${of}` : brought}`);
  for (const file of files) terminal.print(describeCheck(file, files.length > 1));
  terminal.print(
    legacy
      ? `Its experts are in the layout of 2023, which llama.cpp no longer loads. Next: assay models repair ${shown} --output ${shown.replace(/\.gguf$/i, "")}.repaired.gguf`
      : `Next: assay models verify ${shown}`,
  );
}

function describeCheck({ path, sha256, verified }: PulledModel["files"][number], named: boolean): string {
  const name = named ? `${visibleToken(basename(path))}: ` : "";
  if (verified === "sha256") return `${name}SHA-256 ${sha256}, as published.`;
  return sha256 === undefined
    ? `${name}Its size is right; nobody published a hash to compare.`
    : `${name}SHA-256 ${sha256}; nobody published one to compare (--sha256 does).`;
}
