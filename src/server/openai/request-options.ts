/** What a request says in headers beside its body: its deadline, priority, session, guard and tier. */

import type { Context } from "hono";
import { z } from "zod";
import { GUARD_MODES, type GuardMode } from "../../answer/index.ts";
import type { DispatchRequest } from "../dispatch/dispatch.ts";
import type { ServerEnv } from "../server-env.ts";
import { wrongField } from "./openai-error.ts";
import { LONGEST_DEADLINE_MS } from "./request-limits.ts";

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const HEADERS = {
  "x-deadline-ms": {
    schema: wholeNumber(1, LONGEST_DEADLINE_MS),
    expected: `milliseconds from 1 to ${LONGEST_DEADLINE_MS}`,
  },
  // Lower goes first, as in vLLM; 0 is what everybody has who says nothing.
  "x-priority": { schema: wholeNumber(-10, 10), expected: "a whole number from -10 (first) to 10 (last)" },
  // Becomes a key of the sessions' index: nothing that means something to a file system.
  "x-session": {
    schema: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    expected: "up to 64 letters, digits, dots, _ or -, the first a letter or digit",
  },
  "x-guard": { schema: z.enum(GUARD_MODES), expected: GUARD_MODES.join(", ") },
  "x-route-tier": { schema: z.enum(["small", "large"]), expected: "small or large" },
} as const;

type HeaderValue<K extends keyof typeof HEADERS> = z.output<(typeof HEADERS)[K]["schema"]> | undefined;

function header<K extends keyof typeof HEADERS>(c: Context<ServerEnv>, name: K): HeaderValue<K> {
  const text = c.req.header(name);
  if (text === undefined) return undefined;
  const { schema, expected } = HEADERS[name];
  const result = schema.safeParse(text.trim());
  if (!result.success) throw wrongField(name, `The header ${name} is wrong: expected ${expected}.`);
  return result.data as HeaderValue<K>;
}

/** Parts of the body that say the same as a header, or who asks. */
interface BodyOptions {
  readonly guard?: GuardMode | undefined;
  readonly user?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface RequestOptions extends Pick<DispatchRequest, "guard" | "tier" | "deadline" | "session"> {
  readonly priority: number;
  readonly client: string;
}

/** @throws USAGE with the header's name in `details.param` */
export function requestOptions(c: Context<ServerEnv>, body: BodyOptions): RequestOptions {
  const session = header(c, "x-session");
  const tier = body.metadata?.tier as RequestOptions["tier"];
  return {
    guard: agreed("guard", body.guard, header(c, "x-guard")),
    tier: agreed("metadata.tier", tier, header(c, "x-route-tier")),
    deadline: header(c, "x-deadline-ms"),
    session,
    priority: header(c, "x-priority") ?? 0,
    // Agents of one machine may share its key and address; those who say who they are take turns.
    client: body.user ?? session ?? c.get("client") ?? "",
  };
}

function agreed<T>(param: string, body: T | undefined, fromHeader: T | undefined): T | undefined {
  if (body !== undefined && fromHeader !== undefined && body !== fromHeader)
    throw wrongField(param, `"${param}" says ${body}, and the header says ${fromHeader}.`);
  return body ?? fromHeader;
}

/** Whether a stream is to end with a chunk of usage. @throws USAGE for stream_options of what is no stream */
export function usageAskedFor({
  stream,
  stream_options,
}: {
  stream?: boolean | undefined;
  stream_options?: { include_usage?: boolean | null | undefined } | undefined;
}): boolean {
  if (stream_options && !stream) throw wrongField("stream_options", '"stream_options" needs "stream": true.');
  return stream_options?.include_usage ?? false;
}
