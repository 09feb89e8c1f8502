/** POST /v1/responses. */

import { Hono } from "hono";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { parseBody } from "./parse-body.ts";
import { requestOptions } from "./request-options.ts";
import { createSequence, responseErrorFrame, responseFrames, wholeResponse } from "./response-events.ts";
import { RESPONSE_REFUSED, responseRequest, responseSchema } from "./response-request.ts";
import { serveAnswer } from "./serve-answer.ts";

/** Conversations in, one answer out, as items and typed events; nothing is kept between requests. */
export function responseRoutes(context: ServerContext): Hono<ServerEnv> {
  return new Hono<ServerEnv>().post("/v1/responses", async (c) => {
    const fields = await parseBody(c, responseSchema, RESPONSE_REFUSED);
    const request = responseRequest(fields);
    const logprobs = request.logprobs !== undefined;
    const sequence = createSequence();
    return serveAnswer(c, context, {
      model: fields.model,
      requests: [request],
      options: requestOptions(c, fields),
      stream: fields.stream ?? false,
      whole: (answering) => wholeResponse(answering, fields, logprobs),
      frames: (answering) => responseFrames(answering, fields, logprobs, sequence),
      errorFrame: (error) => responseErrorFrame(error, sequence),
    });
  });
}
