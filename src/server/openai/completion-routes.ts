/** POST /v1/completions. */

import { Hono } from "hono";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { completionChunks, completionReply } from "./completion-reply.ts";
import {
  COMPLETION_REFUSED,
  completionForm,
  completionRequests,
  completionSchema,
} from "./completion-request.ts";
import { errorFrame } from "./event-stream.ts";
import { parseBody } from "./parse-body.ts";
import { requestOptions, usageAskedFor } from "./request-options.ts";
import { serveAnswer } from "./serve-answer.ts";

/** Prompts, as text or ids, go to the model as they are. */
export function completionRoutes(context: ServerContext): Hono<ServerEnv> {
  return new Hono<ServerEnv>().post("/v1/completions", async (c) => {
    const fields = await parseBody(c, completionSchema, COMPLETION_REFUSED);
    const form = completionForm(fields);
    const includeUsage = usageAskedFor(fields);
    return serveAnswer(c, context, {
      model: fields.model,
      requests: completionRequests(fields, form),
      options: requestOptions(c, fields),
      stream: fields.stream ?? false,
      whole: (answering) => completionReply(answering, form),
      frames: (answering) => completionChunks(answering, form, includeUsage),
      errorFrame,
    });
  });
}
