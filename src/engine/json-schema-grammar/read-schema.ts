/** From a schema to its shapes: which keywords are known, and what follows a type, a reference or a union. */

import { LIMITS } from "./limits.ts";
import { readLiterals } from "./read-literals.ts";
import { readArray, readInteger, readNumber, readObject, readString } from "./read-types.ts";
import { placeOf, resolveReference } from "./reference.ts";
import { childPointer, malformed, nameOf, unsupported } from "./refusal.ts";
import { JSON_TYPES, type JsonType, type Place, type Shape, type ShapesOf } from "./shape.ts";

/** They describe, and allow or forbid nothing; $defs and definitions are read when something refers to them. */
const ANNOTATIONS = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
]);

/** Keywords that stand for other schemas; each must be alone among its siblings. */
const REDIRECTIONS = ["$ref", "anyOf", "oneOf", "allOf"] as const;

/** Keywords that say something about values of one type only. */
const KEYWORD_TYPE = new Map<string, JsonType>([
  ["properties", "object"],
  ["required", "object"],
  ["additionalProperties", "object"],
  ["propertyNames", "object"],
  ["items", "array"],
  ["prefixItems", "array"],
  ["minItems", "array"],
  ["maxItems", "array"],
  ["uniqueItems", "array"],
  ["minLength", "string"],
  ["maxLength", "string"],
  ["format", "string"],
  ["minimum", "number"],
  ["maximum", "number"],
  ["exclusiveMinimum", "number"],
  ["exclusiveMaximum", "number"],
]);

const KNOWN = new Set<string>([...KEYWORD_TYPE.keys(), ...REDIRECTIONS, "type", "enum", "const"]);

/** A oneOf that was read: a value may fit one of the branches only. */
export interface Choice {
  readonly pointer: string;
  readonly branches: readonly Place[];
}

/** One document being read, each place once. */
export interface SchemaReader {
  /** Throws UNSUPPORTED or USAGE, naming keyword and place. */
  readonly shapesOf: ShapesOf;
  /** Every oneOf met so far, not yet checked: their branches may hold places that are still being read. */
  readonly choices: readonly Choice[];
}

/** Makes the reader of one document. */
export function createSchemaReader(root: Place): SchemaReader {
  const choices: Choice[] = [];
  const done = new Map<Place["schema"], readonly Shape[]>();
  const open = new Set<Place["schema"]>();
  let allBranches = 0;

  function shapesOf(place: Place): readonly Shape[] {
    const known = done.get(place.schema);
    if (known) return known;
    if (open.has(place.schema))
      throw malformed(redirection(place), place.pointer, "refers to itself without anything in between");
    if (open.size >= LIMITS.hops)
      throw unsupported(
        nameOf(place.pointer),
        place.pointer,
        `is reached over more than ${LIMITS.hops} references`,
      );
    open.add(place.schema);
    try {
      const shapes = read(place);
      const literals = shapes.filter(({ kind }) => kind === "literal").length;
      if (literals > LIMITS.enumValues || shapes.length - literals > LIMITS.branches)
        throw unsupported(
          nameOf(place.pointer),
          place.pointer,
          `has more than ${LIMITS.enumValues} values or ${LIMITS.branches} branches`,
        );
      done.set(place.schema, shapes);
      return shapes;
    } finally {
      open.delete(place.schema);
    }
  }

  function read(place: Place): readonly Shape[] {
    const { schema, pointer } = place;
    const assertions = Object.keys(schema).filter((name) => !ANNOTATIONS.has(name));
    for (const name of assertions) if (!KNOWN.has(name)) throw unsupported(name, childPointer(pointer, name));
    // A nested $id starts a document of its own, in which "#" means another place.
    if (Object.hasOwn(schema, "$id") && schema !== root.schema)
      throw unsupported("$id", childPointer(pointer, "$id"), "is supported at the root only");
    for (const name of REDIRECTIONS)
      if (assertions.includes(name)) {
        alone(place, assertions, [name]);
        return name === "$ref" ? shapesOf(resolveReference(root, place)) : readUnion(place, name);
      }
    const types = namedTypes(place);
    for (const name of ["const", "enum"] as const)
      if (assertions.includes(name)) {
        alone(place, assertions, [name, "type"]);
        return readLiterals(place, name, types);
      }
    return readTypes(place, assertions, types);
  }

  function readUnion(place: Place, name: "anyOf" | "oneOf" | "allOf"): readonly Shape[] {
    const pointer = childPointer(place.pointer, name);
    const list = place.schema[name];
    if (!Array.isArray(list) || list.length === 0) throw malformed(name, pointer, "must list schemas");
    if (name === "allOf" && list.length > 1)
      throw unsupported(name, pointer, "is supported with one schema only");
    const branches = list.map((entry, index) => placeOf(entry, childPointer(pointer, index)));
    if (name === "oneOf") choices.push({ pointer, branches });
    // One branch keeps its list: equal lists share one rule.
    if (branches.length === 1) return shapesOf(branches[0]!);
    const shapes = [...new Set(branches.flatMap(shapesOf))];
    allBranches += shapes.length;
    if (allBranches > LIMITS.allBranches)
      throw unsupported(name, pointer, `makes more than ${LIMITS.allBranches} branches in all`);
    return shapes;
  }

  return { shapesOf, choices };
}

function redirection({ schema }: Place): string {
  return REDIRECTIONS.find((name) => Object.hasOwn(schema, name)) ?? "schema";
}

function alone({ pointer }: Place, assertions: readonly string[], allowed: readonly string[]): void {
  const other = assertions.find((name) => !allowed.includes(name));
  if (other)
    throw unsupported(other, childPointer(pointer, other), `is not supported beside "${allowed[0]}"`);
}

/** The types that `type` names, or undefined without it. */
function namedTypes({ schema, pointer }: Place): readonly JsonType[] | undefined {
  if (!Object.hasOwn(schema, "type")) return undefined;
  const { type } = schema;
  const names = Array.isArray(type) ? type : [type];
  if (names.length > 0 && names.every((name): name is JsonType => JSON_TYPES.includes(name))) return names;
  throw malformed("type", childPointer(pointer, "type"), `must be among ${JSON_TYPES.join(", ")}`);
}

function readTypes(
  place: Place,
  assertions: readonly string[],
  named: readonly JsonType[] | undefined,
): readonly Shape[] {
  const implied = new Set(assertions.flatMap((name) => KEYWORD_TYPE.get(name) ?? []));
  const wanted = named ?? (implied.size > 0 ? [...implied] : JSON_TYPES);
  const types = JSON_TYPES.filter(
    (type) => wanted.includes(type) && !(type === "integer" && wanted.includes("number")),
  );
  const loose = !named && implied.size > 0;
  return types.map((type) => ({ ...readType(place, type), ...(loose ? { loose } : {}) }));
}

function readType(place: Place, type: JsonType): Shape {
  switch (type) {
    case "object":
      return readObject(place);
    case "array":
      return readArray(place);
    case "string":
      return readString(place);
    case "integer":
      return readInteger(place);
    case "number":
      return readNumber(place);
    default:
      return { kind: type, pointer: place.pointer };
  }
}
