/** Fields that several of OpenAI's endpoints share, typed and bounded as its API reference says. */

import { z } from "zod";
import { GUARD_MODES } from "../../answer/index.ts";
import { jsonBounds } from "./json-bounds.ts";
import {
  LONGEST_GRAMMAR,
  LONGEST_NAME,
  LONGEST_STOP,
  MOST_BIASES,
  MOST_SAMPLES,
  MOST_STOPS,
  MOST_TOKENS,
  TOOL_NAME,
} from "./request-limits.ts";

/**
 * A list that is counted before it is looked at: a body of 4 MiB holds a million wrong items, and each would be an
 * issue of its own.
 */
export const boundedList = <T extends z.ZodType>(item: T, most: number, least = 0) =>
  z
    .custom<unknown[]>((value) => Array.isArray(value) && value.length >= least && value.length <= most, {
      error: `expected a list of ${least === 0 ? "up to" : `${least} to`} ${most}`,
    })
    .pipe(z.array(item));

/** The id or alias of a served model, or "auto". */
export const modelField = z.string().min(1).max(LONGEST_NAME);

/** A field that is accepted and changes nothing, as this is what happens anyway. */
export const always = <const T extends readonly (string | boolean)[]>(...values: T) =>
  z.literal(values, { error: `only ${values.map((value) => JSON.stringify(value)).join(" or ")} is served` });

export const tokenCount = z.int().min(1).max(MOST_TOKENS);

const tokenId = z.string().regex(/^\d{1,9}$/, "expected token ids as keys");

/** How the next token is drawn. */
export const samplingFields = {
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  logit_bias: z
    .record(tokenId, z.number().min(-100).max(100))
    .refine((biases) => Object.keys(biases).length <= MOST_BIASES, `more than ${MOST_BIASES} tokens`)
    .optional(),
  // Beyond 32 bits the rest of the bits is left out, see samplingOf().
  seed: z.int().optional(),
  stop: z
    .union(
      [z.string().min(1).max(LONGEST_STOP), boundedList(z.string().min(1).max(LONGEST_STOP), MOST_STOPS)],
      { error: `expected a text or up to ${MOST_STOPS} texts` },
    )
    .optional(),
  // llama-server's names for what OpenAI does not have.
  top_k: z.int().min(0).max(1_000_000).optional(),
  min_p: z.number().min(0).max(1).optional(),
  repeat_penalty: z.number().min(0.1).max(10).optional(),
  grammar: z.string().min(1).max(LONGEST_GRAMMAR).optional(),
};

/** Everything else that chat and plain completions have in common. */
export const requestFields = {
  n: z.int().min(1).max(MOST_SAMPLES).optional(),
  stream: z.boolean().optional(),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().nullish(),
      // Padding against readers of packet sizes is not added; who asks for it must not think it is.
      include_obfuscation: always(false).nullish(),
    })
    .optional(),
  // What the guard does, for this request; x-guard says the same.
  guard: z.enum(GUARD_MODES).optional(),
  // Prompts always share what is cached of them; there is no way to ask for less.
  cache_prompt: always(true).optional(),
  // Whose turn it is among equals, see request-options.ts.
  user: z.string().max(LONGEST_NAME).optional(),
};

/** Fields of OpenAI's service that mean nothing on one's own machine. */
export const serviceFields = {
  // 16 pairs, as OpenAI: kept nowhere, but for `tier`, which the router reads.
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, "more than 16 pairs")
    .refine(({ tier }) => tier === undefined || tier === "small" || tier === "large", {
      path: ["tier"],
      error: 'expected "small" or "large"',
    })
    .optional(),
  // Nothing is kept for later reading.
  store: always(false).optional(),
  // There is one class of service here.
  service_tier: always("auto", "default").optional(),
  // A label for OpenAI's own watch over its users.
  safety_identifier: z.string().max(LONGEST_NAME).optional(),
  // Cached beginnings are found by their tokens, whatever they are called.
  prompt_cache_key: z.string().max(LONGEST_NAME).optional(),
  prompt_cache_retention: always("in-memory", "in_memory").optional(),
  // More than one call in an answer.
  parallel_tool_calls: z.boolean().optional(),
};

/** JSON Schema of an object; what the grammar cannot express of it is refused later, by keyword. */
export const jsonSchemaField = z.record(z.string(), z.unknown()).superRefine((schema, context) => {
  const problem = jsonBounds(schema);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** Of tools and of answers' formats. */
export const nameField = z.string().regex(TOOL_NAME, "expected up to 64 letters, digits, _ or -");
