/** From a request's body to checked fields: what is not known is refused by name, never passed over. */

import type { Context } from "hono";
import type { z } from "zod";
import { type AppError, isAppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ServerEnv } from "../server-env.ts";
import { refusedField, wrongField } from "./openai-error.ts";

/** Fields of OpenAI's API that are not served, each with the reason and what to do in place of them. */
export type RefusedFields = Readonly<Record<string, string>>;

/** Longer names are cut in messages: they come from outside. */
const LONGEST_SHOWN = 80;

/**
 * Reads the body as JSON and checks it.
 * @throws USAGE, UNSUPPORTED with the field's name in `details.param`
 */
export async function parseBody<T extends z.ZodObject>(
  c: Context<ServerEnv>,
  schema: T,
  refused: RefusedFields,
): Promise<z.output<T>> {
  return checkBody(await readJson(c), schema, refused);
}

async function readJson(c: Context<ServerEnv>): Promise<unknown> {
  try {
    return await c.req.json();
  } catch (error) {
    // The frame counts the bytes while they are read, and says so with an error of its own.
    if (isAppError(error)) throw error;
    throw wrongField(
      "body",
      "The body is not JSON.",
      "Send one JSON object with content-type application/json.",
    );
  }
}

/** @throws USAGE, UNSUPPORTED */
export function checkBody<T extends z.ZodObject>(
  body: unknown,
  schema: T,
  refused: RefusedFields,
): z.output<T> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw wrongField("body", "The body is not a JSON object.");
  const served = Object.keys(schema.shape);
  const given = Object.entries(body).filter(([name, value]) => {
    // Clients that send their whole settings send null for what nobody has set.
    if (value === null) return !(served.includes(name) || Object.hasOwn(refused, name));
    if (Object.hasOwn(refused, name))
      throw refusedField(name, `The field "${name}" is not supported.`, refused[name]);
    return true;
  });
  const fields = Object.fromEntries(given);
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  throw fieldError(deepest(result.error.issues[0]!), served, fields);
}

type Issue = z.core.$ZodIssue;

/** Of a union's alternatives that one is meant which went furthest before it failed. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  return issue.errors
    .flat()
    .map(deepest)
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    .reduce<Issue>((best, inner) => (inner.path.length > best.path.length ? inner : best), issue);
}

function fieldError(issue: Issue, fields: readonly string[], body: object): AppError {
  if (issue.code === "unrecognized_keys") {
    const name = issue.keys[0]!;
    const param = fieldPath([...issue.path, name]);
    const near = issue.path.length === 0 ? suggest(name.slice(0, LONGEST_SHOWN), fields) : undefined;
    const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
    return wrongField(param, `There is no field "${param}".`, hint);
  }
  const param = fieldPath(issue.path);
  if (valueAt(body, issue.path) === undefined) return wrongField(param, `The field "${param}" is missing.`);
  const problem = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return wrongField(param, `The field "${param}" is wrong: ${problem}.`);
}

const valueAt = (body: object, path: readonly PropertyKey[]) =>
  path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part], body);

/** @example fieldPath(["messages", 0, "content"]) // "messages[0].content" */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? shown(String(part)) : `${text}.${shown(String(part))}`;
  }, "");
}

const shown = (name: string) => {
  const text = visibleToken(name.slice(0, LONGEST_SHOWN));
  return name.length > LONGEST_SHOWN ? `${text}…` : text;
};
