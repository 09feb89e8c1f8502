/** A request in the words of the router. */

import type { AnswerRequest } from "../../answer/index.ts";
import type { RouteInput } from "../../route/index.ts";

/** Ids say nothing about difficulty: a prompt of ids has no text to look at. */
export function routeInput({ input, tools, format, maxTokens }: AnswerRequest): RouteInput {
  const messages =
    input.type === "messages"
      ? input.messages
      : [{ role: "user", content: input.type === "text" ? input.text : "" }];
  return {
    messages,
    tools,
    maxTokens,
    schema: format?.type === "json-schema" ? format.schema : undefined,
  };
}
