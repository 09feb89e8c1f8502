/** The body of a POST: JSON, of bounded size, read whole before any route sees the request. */

import type { MiddlewareHandler } from "hono";
import { AppError } from "../../errors.ts";
import type { ServerEnv } from "../server-env.ts";
import { parseJson } from "./json-shape.ts";

/** A page's form can send text/plain or a form without asking first; JSON it cannot. */
const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Checks type, size and form, and leaves the text where `c.req.json()` finds it.
 * @param mostBytes counted while reading, whatever Content-Length says
 */
export function requireJson(mostBytes: number): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    if (c.req.method !== "POST") return next();
    if (!JSON_TYPE.test(c.req.header("content-type")?.trim() ?? ""))
      throw new AppError("MEDIA_TYPE", "The request's body has to be JSON.", {
        hint: "Send the header Content-Type: application/json.",
      });
    if (!/^(identity)?$/i.test(c.req.header("content-encoding") ?? ""))
      throw new AppError("MEDIA_TYPE", "Compressed requests are not taken.", {
        hint: "Send the body as it is, without Content-Encoding.",
      });
    const announced = Number(c.req.header("content-length") ?? 0);
    if (announced > mostBytes) throw tooLarge(mostBytes);
    const text = await readText(c.req.raw.body, mostBytes);
    parseJson(text);
    // Hono keeps promises here whatever its types say; json() and text() look here first.
    (c.req.bodyCache as unknown as { text?: Promise<string> }).text = Promise.resolve(text);
    return next();
  };
}

/**
 * @throws TOO_LARGE as soon as it is; USAGE if it is not UTF-8; CANCELLED if the client leaves meanwhile
 */
export async function readText(body: ReadableStream<Uint8Array> | null, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (;;) {
    const step = await reader?.read().catch((cause) => {
      throw new AppError("CANCELLED", "The client left before its request was whole.", { cause });
    });
    if (step === undefined || step.done) break;
    size += step.value.length;
    if (size > mostBytes) {
      reader?.cancel().catch(() => undefined);
      throw tooLarge(mostBytes);
    }
    chunks.push(step.value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks, size));
  } catch (cause) {
    throw new AppError("USAGE", "The request's body is not UTF-8.", { cause });
  }
}

function tooLarge(mostBytes: number): AppError {
  return new AppError("TOO_LARGE", `The request is larger than ${mostBytes} bytes.`, {
    hint: "Send less; --max-body takes more, if the machine may.",
    details: { limit: mostBytes },
  });
}
