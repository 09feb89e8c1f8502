/** A chat request in a file, as far as routing looks at it. */

import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { readStdin } from "../read-stdin.ts";

/** What is read of a request; other fields have no part in the decision. */
export interface RoutedRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools: readonly unknown[];
  readonly schema: object | undefined;
  readonly maxTokens: number | undefined;
  readonly tier: "small" | "large" | undefined;
}

const MOST_BYTES = 16 * 2 ** 20;

const part = z.union([z.object({ text: z.string() }), z.object({ refusal: z.string() })]);
const requestSchema = z.object({
  messages: z
    .array(z.object({ role: z.string(), content: z.union([z.string(), z.array(part), z.null()]).optional() }))
    .min(1),
  tools: z.array(z.unknown()).nullish(),
  response_format: z
    .object({
      type: z.string(),
      json_schema: z.object({ schema: z.record(z.string(), z.unknown()) }).optional(),
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
  return {
    messages: [{ role: "user", content }],
    ...{ tools: [], schema: undefined, maxTokens: undefined, tier: undefined },
  };
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
  return {
    messages: messages.map(({ role, content }) => ({ role, content: textOf(content) })),
    tools: tools ?? [],
    schema: response_format?.json_schema?.schema,
    maxTokens: max_completion_tokens ?? max_tokens ?? undefined,
    tier: metadata?.tier,
  };
}

function textOf(content: string | null | undefined | z.output<typeof part>[]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((one) => ("text" in one ? one.text : one.refusal)).join("");
}
