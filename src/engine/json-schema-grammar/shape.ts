/**
 * What a schema boils down to: a flat list of shapes, each with one type, that a value may have. Reading
 * (read-schema.ts) makes them, check-shapes.ts checks them, write-grammar.ts prints them.
 */

/** The types of JSON Schema. */
export type JsonType = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";

/** "integer" last: where "number" is allowed it adds nothing. */
export const JSON_TYPES: readonly JsonType[] = [
  "object",
  "array",
  "string",
  "number",
  "boolean",
  "null",
  "integer",
];

/** The formats whose texts are a regular language short enough to write down. */
export type StringFormat = "date" | "time" | "date-time" | "uuid";

/** A subschema and where it stands in the document. Two places are the same if their schemas are one object. */
export interface Place {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly pointer: string;
}

/** A named property of an object. */
export interface Property {
  readonly key: string;
  readonly required: boolean;
  readonly value: Place;
}

interface ShapeBase {
  /** Where the shape was written down. */
  readonly pointer: string;
  /**
   * The schema names no type, so it also allows values of other types than the one we produce. Nothing can
   * be proved about what such a schema excludes.
   */
  readonly loose?: boolean;
}

/** One JSON value, from const or enum. */
export interface LiteralShape extends ShapeBase {
  readonly kind: "literal";
  readonly type: JsonType;
  /** As JSON.stringify prints it. */
  readonly text: string;
  /** The same with sorted keys: equal texts are equal values. */
  readonly canonical: string;
}

/** Any value of a type that is taken whole. */
export interface ScalarShape extends ShapeBase {
  readonly kind: "null" | "boolean" | "number";
}

/** Integers, of which -0 is none. */
export interface IntegerShape extends ShapeBase {
  readonly kind: "integer";
  /** Both ends belong to the range; undefined on both sides: any integer. */
  readonly range: { readonly min: bigint; readonly max: bigint } | undefined;
}

/** Strings of a length or of a format. */
export interface StringShape extends ShapeBase {
  readonly kind: "string";
  /** Lengths in code points. */
  readonly min: number;
  readonly max: number | undefined;
  readonly format: StringFormat | undefined;
}

/** Arrays of min to max items. */
export interface ArrayShape extends ShapeBase {
  readonly kind: "array";
  readonly prefix: readonly Place[];
  /** What follows the prefix; undefined: nothing may. */
  readonly rest: Place | undefined;
  readonly min: number;
  readonly max: number | undefined;
}

/** Objects with these properties in this order, or with any. */
export interface ObjectShape extends ShapeBase {
  readonly kind: "object";
  readonly properties: readonly Property[];
  /** The value under any name, only without named properties. */
  readonly additional: Place | undefined;
  /** The schema itself forbids names other than those of `properties`. */
  readonly closed: boolean;
}

/** Shapes that hold others. */
export type CompositeShape = ArrayShape | ObjectShape;
/** What a value may look like. */
export type Shape = LiteralShape | ScalarShape | IntegerShape | StringShape | CompositeShape;

/** Reads a place into its shapes; the same list for the same place. */
export type ShapesOf = (place: Place) => readonly Shape[];

/** The places inside a shape, with those a value must have apart from those it may have. */
export function childrenOf(shape: Shape): { needed: readonly Place[]; possible: readonly Place[] } {
  if (shape.kind === "array") {
    const { prefix, rest, min } = shape;
    const needed = prefix.slice(0, min);
    if (rest && min > prefix.length) needed.push(rest);
    return { needed, possible: rest ? [...prefix, rest] : prefix };
  }
  if (shape.kind === "object") {
    const values = shape.properties.map(({ value }) => value);
    return {
      needed: shape.properties.filter(({ required }) => required).map(({ value }) => value),
      possible: shape.additional ? [...values, shape.additional] : values,
    };
  }
  return { needed: [], possible: [] };
}

/** Whether a shape holds others. */
export function isComposite(shape: Shape): shape is CompositeShape {
  return shape.kind === "array" || shape.kind === "object";
}

/** The one type of a shape's values. */
export function typeOf(shape: Shape): JsonType {
  return shape.kind === "literal" ? shape.type : shape.kind;
}
