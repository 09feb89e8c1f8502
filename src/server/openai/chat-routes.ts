/** POST /v1/chat/completions. */

import { Hono } from "hono";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { chatChunks } from "./chat-chunks.ts";
import { chatReply } from "./chat-reply.ts";
import { CHAT_REFUSED, chatRequest, chatSchema } from "./chat-request.ts";
import { errorFrame } from "./event-stream.ts";
import { parseBody } from "./parse-body.ts";
import { requestOptions, usageAskedFor } from "./request-options.ts";
import { serveAnswer } from "./serve-answer.ts";

/** Conversations in, one or more answers out, with tools and JSON by a schema. */
export function chatRoutes(context: ServerContext): Hono<ServerEnv> {
  return new Hono<ServerEnv>().post("/v1/chat/completions", async (c) => {
    const fields = await parseBody(c, chatSchema, CHAT_REFUSED);
    const request = chatRequest(fields);
    const form = { n: fields.n ?? 1, logprobs: fields.logprobs ?? false };
    const includeUsage = usageAskedFor(fields);
    return serveAnswer(c, context, {
      model: fields.model,
      requests: [request],
      options: requestOptions(c, fields),
      stream: fields.stream ?? false,
      whole: (answering) => chatReply(answering, form),
      frames: (answering) => chatChunks(answering, { ...form, includeUsage }),
      errorFrame,
    });
  });
}
