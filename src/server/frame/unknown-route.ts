/** Addresses that are not there, and why they were most likely asked for. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";

const SHOWN = 120;

/** Prefixes of other servers' own protocols. */
const OTHER_PROTOCOLS: Readonly<Record<string, string>> = {
  "/api/": "Ollama's own protocol is not spoken here; use its OpenAI form with a base_url that ends in /v1.",
  "/v1/messages": "Anthropic's protocol is not spoken here; use /v1/chat/completions.",
  "/v1/embeddings": "Embeddings are not served.",
};

/**
 * @param paths those that there are
 * @returns NOT_FOUND; its hint says what to write instead, where that can be told
 */
export function unknownRoute(path: string, paths: readonly string[]): AppError {
  const message = `There is no ${visibleToken(path.slice(0, SHOWN))} here.`;
  return new AppError("NOT_FOUND", message, { hint: hintFor(path, paths) });
}

function hintFor(path: string, paths: readonly string[]): string {
  const known = (it: string) => paths.includes(it) || /^\/v1\/(models|runs)\/[^/]+$/.test(it);
  if (known(`/v1${path}`)) return `Add /v1: the address is /v1${path}, and a client's base_url ends in /v1.`;
  const once = path.replace(/^(\/v1)+(?=\/)/, "/v1");
  if (once !== path && known(once)) return "The base_url has /v1 twice; leave one out.";
  const trimmed = path.replace(/\/+$/, "").replace(/\/{2,}/g, "/");
  if (trimmed !== path && known(trimmed)) return `Write ${trimmed}, without a further slash.`;
  const other = Object.keys(OTHER_PROTOCOLS).find((prefix) => path.startsWith(prefix));
  return other === undefined ? `There are ${paths.join(", ")}.` : OTHER_PROTOCOLS[other]!;
}
