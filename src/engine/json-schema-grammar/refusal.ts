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
  return new AppError(code, `JSON schema: "${printable(keyword)}" at ${printable(pointer)} ${reason}.`, {
    hint,
    details: { keyword, pointer },
  });
}

/** Names come from the caller: they are cut and escaped, so that an error stays one readable line. */
function printable(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 100)}…${text.slice(-100)}` : text;
  return cut.replace(/[\p{C}\p{Z}"]/gu, (character) =>
    character === " " ? " " : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
