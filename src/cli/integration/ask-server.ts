/** Asks a live server by the entry that `assay autogen config` writes; one is started and ended where there is none. */

import { apiKey } from "../../config.ts";
import { checkEntry, readTarget } from "../../conformance/index.ts";
import type { ModelInfo } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { ServerReply } from "../../measure/index.ts";
import { chooseModels } from "../autogen/choose-models.ts";
import { answerTokens } from "../autogen/config-entries.ts";
import { serverModels } from "../autogen/server-models.ts";
import type { CliContext } from "../context.ts";
import { readApiKeys } from "../serve/api-keys.ts";
import { forwardedFlags } from "../serve/forwarded-flags.ts";
import { startServe } from "../serve/serve-process.ts";
import type { SuiteOptions } from "./flags.ts";

/** Half an hour: a large model is read from a slow disk once more, and its prompt is evaluated on a few cores. */
const TIMEOUT_MS = 1_800_000;
const QUESTION = 'Please repeat the word: "river"';
/** Enough for a sentence; an agent's own bound would let a model without training go on for minutes. */
const FEW_TOKENS = 48;

export interface OpenFile {
  readonly info: Pick<ModelInfo, "name" | "context">;
  readonly path: string;
}

/** @throws DATA_UNAVAILABLE, OUTPUT_INVALID, MODEL_LOAD for a server that does not start, USAGE, CONFIG, CANCELLED */
export async function askServer(
  context: CliContext,
  { server, apiKeyFile }: SuiteOptions,
  file: OpenFile,
): Promise<ServerReply> {
  const { config, signal, logger } = context;
  const onWarning = (message: string) => logger.warn(message);
  if (server !== undefined) {
    // Not from the environment: that key is our own server's, and this may be anybody's.
    const key = apiKeyFile && readApiKeys({ file: apiKeyFile, environment: undefined, onWarning })[0];
    return askEntry(server, file.info.name, key, signal);
  }
  const child = await startServe({
    args: [
      file.path,
      ...["--store", config.store],
      ...forwardedFlags(context),
      ...(config.threads > 0 ? ["--threads", String(config.threads)] : []),
      ...["--context", String(file.info.context), "--parallel", "1", "--sessions", "0"],
    ],
    signal,
  });
  try {
    return await askEntry(child.url, child.models[0]!, apiKey(), signal);
  } finally {
    await child.stop();
  }
}

/** @param wanted id of the model; the server's first one where it has none of that id */
async function askEntry(
  url: string,
  wanted: string,
  key: string | undefined,
  signal: AbortSignal,
): Promise<ServerReply> {
  const target = readTarget(url);
  const listed = await serverModels({ target, key, signal });
  const ids = listed?.some(({ id }) => id === wanted) ? [wanted] : undefined;
  const model = listed && chooseModels(listed, ids)[0];
  if (model === undefined)
    throw new AppError("DATA_UNAVAILABLE", `No server lists a model at ${target.base}`, {
      hint: "Check the address; `assay serve` starts one.",
    });
  const entry = {
    model: model.id,
    base_url: target.base,
    max_tokens: Math.min(FEW_TOKENS, answerTokens(model)),
  };
  const question = { entry, key: key ?? "local", question: QUESTION, timeoutMs: TIMEOUT_MS, signal };
  return { model: model.id, server: target.base, ...(await checkEntry(question)) };
}
