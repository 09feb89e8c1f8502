/** Sampling fields of a request as the engine takes them. */

import { randomInt } from "node:crypto";
import type { z } from "zod";
import type { AnswerFormat, AnswerRequest } from "../../answer/index.ts";
import type { samplingFields } from "./request-fields.ts";

type SamplingFields = { [K in keyof typeof samplingFields]?: z.output<(typeof samplingFields)[K]> };

/** OpenAI's word for "never": its reference says that -100 bans a token. */
const BAN = -100;

/**
 * What is not given is as OpenAI's reference says: temperature and top_p 1, so a client that leaves them out gets
 * what it gets elsewhere. Without a seed every request draws its own.
 */
export function samplingOf(fields: SamplingFields) {
  return {
    temperature: fields.temperature ?? 1,
    topP: fields.top_p ?? 1,
    topK: fields.top_k ?? 0,
    minP: fields.min_p ?? 0,
    repeatPenalty: fields.repeat_penalty ?? 1,
    frequencyPenalty: fields.frequency_penalty ?? 0,
    presencePenalty: fields.presence_penalty ?? 0,
    // llama.cpp takes 32 bits, OpenAI's clients may send 64.
    seed: fields.seed === undefined ? randomInt(2 ** 32) : Number(BigInt.asUintN(32, BigInt(fields.seed))),
    ...(fields.logit_bias && { logitBias: biases(fields.logit_bias) }),
    stop: typeof fields.stop === "string" ? [fields.stop] : fields.stop,
  } satisfies Partial<AnswerRequest>;
}

function biases(fields: Record<string, number>): ReadonlyMap<number, number> {
  return new Map(
    Object.entries(fields).map(([id, bias]) => [Number(id), bias <= BAN ? Number.NEGATIVE_INFINITY : bias]),
  );
}

/** A user's grammar; undefined where there is none. */
export function grammarFormat({ grammar }: SamplingFields): AnswerFormat | undefined {
  return grammar === undefined ? undefined : { type: "grammar", grammar };
}
