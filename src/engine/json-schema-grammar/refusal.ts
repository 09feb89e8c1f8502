/** How a schema is refused: always with the keyword, where it stands, and what would have been accepted. */

import { AppError } from "../../errors.ts";

const SUPPORTED =
  "Supported: type, properties, required, additionalProperties, items, prefixItems, minItems, maxItems, enum, const, " +
  "minLength, maxLength, format (date, time, date-time, uuid), bounds of integers, anyOf, oneOf of disjoint branches, " +
  "allOf of one schema, $ref within the document; annotations are ignored.";

/** The path of a member: RFC 6901 within a URI fragment, without its percent-encoding. */
export function childPointer(pointer: string, ...names: readonly (string | number)[]): string {
  return names.reduce<string>(
    (path, name) => `${path}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`,
    pointer,
  );
}

/** The last name in a pointer, for refusals that concern a schema as a whole. */
export function nameOf(pointer: string): string {
  return pointer === "#" ? "schema" : pointer.slice(pointer.lastIndexOf("/") + 1);
}

/** A keyword that is well formed but has no exact grammar. */
export function unsupported(keyword: string, pointer: string, reason?: string): AppError {
  return refusal("UNSUPPORTED", keyword, pointer, reason ?? "is not supported", SUPPORTED);
}

/** A keyword that no JSON Schema allows in this form, or that no value can satisfy. */
export function malformed(keyword: string, pointer: string, reason: string): AppError {
  return refusal("USAGE", keyword, pointer, reason, undefined);
}

function refusal(
  code: "UNSUPPORTED" | "USAGE",
  keyword: string,
  pointer: string,
  reason: string,
  hint: string | undefined,
): AppError {
  const message = `JSON schema: "${shorten(keyword)}" at ${shorten(pointer)} ${shorten(reason, 400)}.`;
  // Names come from the caller: escaped, so that an error stays one readable line.
  const line = message.replace(/\p{C}|[\u2028\u2029]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
  return new AppError(code, line, { hint, details: { keyword, pointer } });
}

function shorten(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length / 2)}…${text.slice(-length / 2)}` : text;
}
