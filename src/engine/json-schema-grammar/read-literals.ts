/** const and enum: values that are written exactly as JSON.stringify prints them. */

import { childPointer, malformed } from "./refusal.ts";
import { type JsonType, type LiteralShape, type Place, typeOf } from "./shape.ts";

/**
 * The values of `const` or `enum`, those of other types than `type` names left out.
 * @throws USAGE if none is left.
 */
export function readLiterals(
  { schema, pointer }: Place,
  name: "const" | "enum",
  types: readonly JsonType[] | undefined,
): readonly LiteralShape[] {
  const here = childPointer(pointer, name);
  const values = name === "const" ? [schema.const] : schema.enum;
  if (!Array.isArray(values) || values.length === 0) throw malformed(name, here, "must list values");
  const shapes = values
    .map((value) => literal(value, here))
    .filter(
      (shape) =>
        !types || types.includes(typeOf(shape)) || (shape.type === "integer" && types.includes("number")),
    );
  if (shapes.length === 0) throw malformed(name, here, 'has no value of the "type" beside it');
  return shapes;
}

function literal(value: unknown, pointer: string): LiteralShape {
  return {
    kind: "literal",
    type: jsonTypeOf(value),
    text: JSON.stringify(value),
    canonical: JSON.stringify(sortKeys(value)),
    pointer,
  };
}

function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "object" | "string" | "boolean";
}

/** Objects as lists of pairs: built anew as an object, keys like "1" would move and "__proto__" be lost. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { pairs: pairs.map(([key, entry]) => [key, sortKeys(entry)]) };
}
