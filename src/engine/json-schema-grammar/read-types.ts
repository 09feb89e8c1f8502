/**
 * The keywords that belong to one type. Those of other types are not looked at: they say nothing about it.
 * All readers throw UNSUPPORTED for what has no exact grammar and USAGE for what is malformed or impossible.
 */

import { isRecord, LIMITS } from "./limits.ts";
import { placeOf } from "./reference.ts";
import { childPointer, malformed, unsupported } from "./refusal.ts";
import type {
  ArrayShape,
  IntegerShape,
  ObjectShape,
  Place,
  ScalarShape,
  StringFormat,
  StringShape,
} from "./shape.ts";

const FORMATS: readonly StringFormat[] = ["date", "time", "date-time", "uuid"];
const BOUNDS = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] as const;

/** The object that a schema allows: its named properties, or any under one schema. */
export function readObject({ schema, pointer }: Place): ObjectShape {
  const at = (name: string) => childPointer(pointer, name);
  const { properties: members = {} } = schema;
  if (!isRecord(members)) throw malformed("properties", at("properties"), "must be an object of schemas");
  const names = readRequired(schema.required, at("required"));
  const properties = Object.entries(members).map(([key, member]) => ({
    key,
    required: names.delete(key),
    value: placeOf(member, childPointer(pointer, "properties", key)),
  }));
  const [unknown] = names;
  if (unknown !== undefined)
    throw unsupported("required", at("required"), `names "${unknown}", which is not among "properties"`);
  // zod writes {"type": "string"} for every record; names are strings in any case.
  const { propertyNames = true } = schema;
  if (propertyNames !== true && JSON.stringify(propertyNames) !== '{"type":"string"}')
    throw unsupported("propertyNames", at("propertyNames"));
  const { additionalProperties: additional = properties.length === 0 } = schema;
  if (additional !== false && properties.length > 0)
    throw unsupported(
      "additionalProperties",
      at("additionalProperties"),
      "is supported as false, or where no properties are named",
    );
  return {
    kind: "object",
    pointer,
    properties,
    additional: additional === false ? undefined : placeOf(additional, at("additionalProperties")),
    closed: schema.additionalProperties === false,
  };
}

function readRequired(required: unknown, pointer: string): Set<string> {
  if (required === undefined) return new Set();
  if (Array.isArray(required) && required.every((name): name is string => typeof name === "string"))
    return new Set(required);
  throw malformed("required", pointer, "must list names");
}

/** The array that a schema allows: a prefix, what follows it, and how many. */
export function readArray(place: Place): ArrayShape {
  const { schema, pointer } = place;
  const at = (name: string) => childPointer(pointer, name);
  if (schema.uniqueItems !== undefined && schema.uniqueItems !== false)
    throw unsupported("uniqueItems", at("uniqueItems"));
  if (Array.isArray(schema.items))
    throw unsupported("items", at("items"), 'as a list is the form of older drafts: use "prefixItems"');
  const { prefixItems: listed = [] } = schema;
  if (!Array.isArray(listed)) throw malformed("prefixItems", at("prefixItems"), "must list schemas");
  if (listed.length > LIMITS.prefixItems)
    throw unsupported("prefixItems", at("prefixItems"), `is supported up to ${LIMITS.prefixItems} schemas`);
  const prefix = listed.map((entry, index) => placeOf(entry, childPointer(pointer, "prefixItems", index)));
  const { items = prefix.length === 0 } = schema;
  const rest = items === false ? undefined : placeOf(items, at("items"));
  const { min, max } = readCounts(place, "minItems", "maxItems");
  if (!rest && min > prefix.length)
    throw unsupported("minItems", at("minItems"), "asks for more than prefixItems and items give");
  return { kind: "array", pointer, prefix, rest, min, max };
}

/** The string that a schema allows: a format, or lengths in code points. */
export function readString(place: Place): StringShape {
  const { schema, pointer } = place;
  const format = FORMATS.find((name) => name === schema.format);
  if (schema.format !== undefined && !format)
    throw unsupported("format", childPointer(pointer, "format"), `is supported as ${FORMATS.join(", ")}`);
  for (const name of ["minLength", "maxLength"])
    if (format && Object.hasOwn(schema, name))
      throw unsupported(name, childPointer(pointer, name), 'is not supported beside "format"');
  return { kind: "string", pointer, format, ...readCounts(place, "minLength", "maxLength") };
}

function readCounts({ schema, pointer }: Place, minName: string, maxName: string) {
  const read = (name: string): number | undefined => {
    const value = schema[name];
    if (!Object.hasOwn(schema, name)) return undefined;
    if (!Number.isInteger(value) || (value as number) < 0)
      throw malformed(name, childPointer(pointer, name), "must be a whole number, 0 or more");
    if ((value as number) > LIMITS.repetitions)
      throw unsupported(name, childPointer(pointer, name), `is supported up to ${LIMITS.repetitions}`);
    return value as number;
  };
  const min = read(minName) ?? 0;
  const max = read(maxName);
  if (max !== undefined && min > max)
    throw malformed(minName, childPointer(pointer, minName), `is greater than "${maxName}"`);
  return { min, max };
}

/** Integers that a double holds exactly; bounds beyond are as if they stood here. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** The integer that a schema allows, its bounds drawn in to whole numbers. */
export function readInteger({ schema, pointer }: Place): IntegerShape {
  let min = -LARGEST;
  let max = LARGEST;
  const given = BOUNDS.filter((name) => Object.hasOwn(schema, name));
  for (const name of given) {
    const bound = schema[name];
    if (typeof bound !== "number") throw malformed(name, childPointer(pointer, name), "must be a number");
    // The nearest integer inside the bound: 0.5 <= n is 1 <= n, and 3 < n is 4 <= n.
    const lowest =
      BigInt(Math.ceil(bound)) + (name === "exclusiveMinimum" && Number.isInteger(bound) ? 1n : 0n);
    const highest =
      BigInt(Math.floor(bound)) - (name === "exclusiveMaximum" && Number.isInteger(bound) ? 1n : 0n);
    if (name === "minimum" || name === "exclusiveMinimum") min = lowest > min ? lowest : min;
    else max = highest < max ? highest : max;
  }
  if (min > max)
    throw malformed(
      given[0]!,
      childPointer(pointer, given[0]!),
      `leaves no integer up to ${LARGEST} in size`,
    );
  return { kind: "integer", pointer, range: given.length > 0 ? { min, max } : undefined };
}

/** Any number: ranges of decimal fractions have no short exact grammar. */
export function readNumber({ schema, pointer }: Place): ScalarShape {
  const bound = BOUNDS.find((name) => Object.hasOwn(schema, name));
  if (bound)
    throw unsupported(bound, childPointer(pointer, bound), 'is supported with "type": "integer" only');
  return { kind: "number", pointer };
}
