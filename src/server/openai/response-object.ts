/** The document of the Responses API: as it is created, and as it stands at the end. */

import { type Answering, type EndEvent, systemFingerprint, totalUsage } from "./answering.ts";
import { openaiError } from "./openai-error.ts";
import { replyExtension } from "./reply-extension.ts";
import type { ResponseFields } from "./response-request.ts";

/** The response before its first token: what was asked for, with the values that hold. */
export function newResponse(answering: Answering, fields: ResponseFields, id: string) {
  return {
    id,
    object: "response",
    created_at: answering.created,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: fields.instructions ?? null,
    max_output_tokens: fields.max_output_tokens ?? null,
    model: answering.model,
    output: [] as readonly object[],
    parallel_tool_calls: fields.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: "default",
    // Clients that leave it out mean true: this tells them that it is not so.
    store: false,
    temperature: fields.temperature ?? 1,
    text: { format: fields.text?.format ?? { type: "text" } },
    tool_choice: fields.tool_choice ?? "auto",
    tools: (fields.tools ?? []).map((tool) => ({
      type: tool.type,
      name: tool.name,
      description: tool.description ?? null,
      parameters: tool.parameters ?? null,
      strict: true,
    })),
    top_p: fields.top_p ?? 1,
    top_logprobs: fields.top_logprobs ?? 0,
    truncation: "disabled",
    usage: null,
    user: fields.user ?? null,
    metadata: fields.metadata ?? {},
  };
}

export type ResponseObject = ReturnType<typeof newResponse>;

/** The response when its answer has ended. */
export function endedResponse(
  response: ResponseObject,
  answering: Answering,
  output: readonly object[],
  end: EndEvent,
) {
  const { promptTokens, cachedTokens, completionTokens } = totalUsage([end], 1);
  const complete = end.reason !== "length";
  return {
    ...response,
    status: complete ? "completed" : "incomplete",
    incomplete_details: complete ? null : { reason: "max_output_tokens" },
    output,
    usage: {
      input_tokens: promptTokens,
      input_tokens_details: { cached_tokens: cachedTokens },
      output_tokens: completionTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: promptTokens + completionTokens,
    },
    system_fingerprint: systemFingerprint(answering.dispatched[0]),
    assay: replyExtension(answering, [end]),
  };
}

/** The response when its answer has failed on the way; OpenAI has no finer word than server_error for ours. */
export function failedResponse(response: ResponseObject, output: readonly object[], error: unknown) {
  const { message } = openaiError(error).body.error;
  return { ...response, status: "failed", output, error: { code: "server_error", message } };
}
