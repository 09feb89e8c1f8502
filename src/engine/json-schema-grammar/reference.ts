/** From a member of the document to a place: booleans, and $ref within the document. */

import { isRecord } from "./limits.ts";
import { childPointer, malformed, nameOf, unsupported } from "./refusal.ts";
import type { Place } from "./shape.ts";

/** The schema `true`: one object, so that all its uses share their rules. */
const ANYTHING: Place = { schema: Object.freeze({}), pointer: "#" };

/** @throws USAGE unless the member is a schema that some value satisfies. */
export function placeOf(schema: unknown, pointer: string): Place {
  if (schema === true) return ANYTHING;
  if (isRecord(schema)) return Object.keys(schema).length === 0 ? ANYTHING : { schema, pointer };
  throw malformed(
    nameOf(pointer),
    pointer,
    schema === false ? "is false, which no value satisfies" : "is not a schema",
  );
}

/**
 * The place that `$ref` means: "#" or a JSON pointer into this document.
 * @throws UNSUPPORTED for other documents and anchors, USAGE if nothing is there.
 */
export function resolveReference(root: Place, { schema, pointer }: Place): Place {
  const here = childPointer(pointer, "$ref");
  const reference = schema.$ref;
  if (typeof reference !== "string") throw malformed("$ref", here, "must be a string");
  if (reference === "#") return root;
  if (!reference.startsWith("#/"))
    throw unsupported("$ref", here, "is supported within the document only, as #/$defs/NAME");
  let target: unknown = root.schema;
  let path = "#";
  for (const part of reference.slice(2).split("/")) {
    const name = decode(part).replaceAll("~1", "/").replaceAll("~0", "~");
    path = childPointer(path, name);
    const known = typeof target === "object" && target !== null && Object.hasOwn(target, name);
    if (!known) throw malformed("$ref", here, `points to ${path}, where nothing is`);
    target = (target as Record<string, unknown>)[name];
  }
  return target === root.schema ? root : placeOf(target, path);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
