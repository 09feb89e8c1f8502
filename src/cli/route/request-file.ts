/** A chat request in a file, as far as routing looks at it; the server is stricter about the rest. */

import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import type { AnswerFormat, AnswerMessage, AnswerRequest } from "../../answer/index.ts";
import { AppError } from "../../errors.ts";
import { readStdin } from "../read-stdin.ts";

/** What is decided about, and the caller's wish. */
export interface RoutedRequest {
  readonly answer: AnswerRequest & { readonly input: { readonly type: "messages" } };
  readonly messages: readonly AnswerMessage[];
  readonly tier: "small" | "large" | undefined;
}

const MOST_BYTES = 16 * 2 ** 20;

const part = z.union([z.object({ text: z.string() }), z.object({ refusal: z.string() })]);
const schema = z.record(z.string(), z.unknown());
const call = z.object({
  id: z.string(),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
const requestSchema = z.object({
  messages: z
    .array(
      z.object({
        role: z.enum(["system", "developer", "user", "assistant", "tool"]),
        content: z.union([z.string(), z.array(part), z.null()]).optional(),
        name: z.string().nullish(),
        tool_calls: z.array(call).nullish(),
        tool_call_id: z.string().nullish(),
      }),
    )
    .min(1),
  tools: z
    .array(
      z.object({
        function: z.object({
          name: z.string(),
          description: z.string().nullish(),
          parameters: schema.nullish(),
        }),
      }),
    )
    .nullish(),
  response_format: z
    .object({
      type: z.enum(["text", "json_object", "json_schema"]),
      json_schema: z.object({ name: z.string().optional(), schema }).optional(),
    })
    .nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  metadata: z.object({ tier: z.enum(["small", "large"]).optional() }).nullish(),
});

/**
 * Reads a prompt or a request file.
 * @throws AppError USAGE, DATA_UNAVAILABLE
 */
export async function readRoutedRequest(
  prompt: string | undefined,
  file: string | undefined,
): Promise<RoutedRequest> {
  if ((prompt === undefined) === (file === undefined))
    throw new AppError("USAGE", "Give a prompt or --file, one of them.", {
      hint: 'For example: npx assay route explain "Why is the sky blue?"',
    });
  if (file !== undefined) return readRequestFile(file);
  const content = prompt === "-" ? await readStdin() : prompt!;
  return routed([{ role: "user", content }], {}, undefined);
}

function readRequestFile(file: string): RoutedRequest {
  let value: unknown;
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, ${MOST_BYTES} are the most`);
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The request ${file} cannot be read: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new AppError("DATA_UNAVAILABLE", `The request ${file} is wrong: ${path.join(".")} ${message}.`, {
      hint: "It is the body of a POST to /v1/chat/completions.",
    });
  }
  const { messages, tools, response_format, max_tokens, max_completion_tokens, metadata } = parsed.data;
  return routed(
    messages.map(({ role, content, name, tool_calls, tool_call_id }) => ({
      ...{ role, content: textOf(content), name: name ?? undefined, toolCallId: tool_call_id ?? undefined },
      toolCalls: tool_calls?.map(({ id, function: called }) => ({ id, ...called })),
    })),
    {
      tools: tools?.map(({ function: { name, description, parameters } }) => ({
        ...{ name, description: description ?? undefined, parameters: parameters ?? undefined },
      })),
      format: formatOf(response_format),
      maxTokens: max_completion_tokens ?? max_tokens ?? undefined,
    },
    metadata?.tier,
  );
}

function routed(
  messages: readonly AnswerMessage[],
  rest: Omit<AnswerRequest, "input">,
  tier: RoutedRequest["tier"],
): RoutedRequest {
  return { answer: { ...rest, input: { type: "messages", messages } }, messages, tier };
}

function textOf(content: string | null | undefined | z.output<typeof part>[]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((one) => ("text" in one ? one.text : one.refusal)).join("");
}

function formatOf(format: z.output<typeof requestSchema>["response_format"]): AnswerFormat | undefined {
  if (format?.type === "json_object") return { type: "json-object" };
  if (format?.json_schema === undefined) return undefined;
  return {
    type: "json-schema",
    name: format.json_schema.name ?? "answer",
    schema: format.json_schema.schema,
  };
}
