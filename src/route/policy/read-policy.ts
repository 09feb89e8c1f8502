/** A policy by its name or from a file. */

import { closeSync, openSync, readSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import { visibleToken } from "../../visible-token.ts";
import { BUILT_IN_POLICIES, DEFAULT_POLICY } from "./built-in-policies.ts";
import { policyFileSchema, policySchema, type RoutePolicy } from "./route-policy.ts";

/** A policy has some thirty figures; more is not one. */
const MOST_BYTES = 64 * 2 ** 10;

/**
 * The built-in policy of that name, or the one in the file of that path.
 * @param text a name, or a path: what holds a slash or ends in .json
 * @throws AppError USAGE for an unknown name, CONFIG for a file that is no policy
 */
export function findPolicy(text: string): RoutePolicy {
  const known = BUILT_IN_POLICIES.find(({ name }) => name === text);
  if (known) return known;
  if (/[/\\]|\.json$/.test(text)) return readPolicy(text);
  const names = BUILT_IN_POLICIES.map(({ name }) => name);
  const near = suggest(text, names);
  throw new AppError("USAGE", `There is no policy "${visibleToken(text)}".`, {
    hint: near ? `Did you mean ${near}?` : `Choose from ${names.join(", ")}, or name a .json file.`,
  });
}

/**
 * Reads a policy file: what it does not say is that of the policy it extends.
 * @throws AppError CONFIG
 */
export function readPolicy(path: string): RoutePolicy {
  let value: unknown;
  try {
    value = JSON.parse(readBounded(path));
  } catch (cause) {
    throw new AppError("CONFIG", `The policy ${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "A policy is JSON; docs/routing.md shows one.",
      cause,
    });
  }
  return parsePolicy(value, path);
}

/**
 * Checks a policy.
 * @param where named in errors
 * @throws AppError CONFIG
 */
export function parsePolicy(value: unknown, where: string): RoutePolicy {
  const file = policyFileSchema.safeParse(value);
  if (!file.success) throw wrong(where, file.error.issues[0]!);
  const { extends: parent = DEFAULT_POLICY.name, weights, threshold, load, ...own } = file.data;
  const base = BUILT_IN_POLICIES.find(({ name }) => name === parent);
  if (!base)
    throw new AppError(
      "CONFIG",
      `The policy ${where} extends "${visibleToken(parent)}", which is not built in.`,
      {
        hint: `Choose from ${BUILT_IN_POLICIES.map(({ name }) => name).join(", ")}.`,
      },
    );
  const { description: _, ...rest } = base;
  const whole = policySchema.safeParse({
    ...rest,
    ...own,
    weights: { ...base.weights, ...weights },
    threshold: { ...base.threshold, ...threshold },
    load: { ...base.load, ...load },
  });
  if (!whole.success) throw wrong(where, whole.error.issues[0]!);
  return whole.data;
}

function wrong(where: string, issue: { code?: string; path: PropertyKey[]; message: string }): AppError {
  const keys = issue.code === "unrecognized_keys" ? (issue as unknown as { keys: string[] }).keys : [];
  const place = issue.path.length === 0 ? "" : ` ${issue.path.join(".")}:`;
  const message =
    keys.length > 0
      ? `The policy ${where} has the unknown key "${visibleToken([...issue.path, keys[0]!].join("."))}".`
      : `The policy ${where} is wrong:${place} ${issue.message}.`;
  const near = keys.length > 0 ? suggest(keys[0]!, knownKeys()) : undefined;
  return new AppError("CONFIG", message, {
    hint: near ? `Did you mean ${near}?` : "docs/routing.md explains every key.",
  });
}

function knownKeys(): string[] {
  const { weights, threshold, load } = DEFAULT_POLICY;
  const inner = [weights, threshold, load, { minConfidence: 0 }].flatMap((part) => Object.keys(part));
  return [...Object.keys(policyFileSchema.shape), ...inner];
}

function readBounded(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    if (length > MOST_BYTES) throw new Error(`it is over ${MOST_BYTES / 2 ** 10} KiB`);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
