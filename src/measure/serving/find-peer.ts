/** Another server to measure: llama-server, or any that takes token ids and `ignore_eos` at /v1/completions. */

import { AppError } from "../../errors.ts";
import type { ServingTarget } from "./serving-bench.ts";

/** It has nothing to compute for this. */
const WITHIN_MS = 10_000;

/**
 * Asks which model it serves, and takes the first.
 * @param address with or without "/v1"
 * @throws USAGE for what is no address; DATA_UNAVAILABLE
 */
export async function findPeer(address: string, signal?: AbortSignal): Promise<ServingTarget> {
  if (!/^https?:/.test(address) || !URL.canParse(address))
    throw new AppError("USAGE", "--peer takes an address such as http://127.0.0.1:8080.");
  const url = address.replace(/\/+$/, "").replace(/\/v1$/, "");
  const late = AbortSignal.timeout(WITHIN_MS);
  try {
    const reply = await fetch(`${url}/v1/models`, {
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const { data } = (await reply.json()) as { data?: readonly { readonly id?: unknown }[] };
    const model = data?.[0]?.id;
    if (!reply.ok || typeof model !== "string") throw new Error(`it names no model (status ${reply.status})`);
    // llama-server's and vLLM's field.
    return { url, model, endless: { ignore_eos: true } };
  } catch (cause) {
    if (signal?.aborted) throw new AppError("CANCELLED", "The measurement was stopped.", { cause });
    throw new AppError("DATA_UNAVAILABLE", `The peer ${url} does not answer: ${(cause as Error).message}.`, {
      hint: "Start it with the same model file: llama-server -m FILE --parallel 8 -c 16384.",
      cause,
    });
  }
}
