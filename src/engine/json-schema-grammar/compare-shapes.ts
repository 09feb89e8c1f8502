/** Telling shapes apart: for oneOf by the values they allow, for the sampler by how their texts begin. */

import { LIMITS } from "./limits.ts";
import { nameOf, unsupported } from "./refusal.ts";
import {
  type ArrayShape,
  isComposite,
  type JsonType,
  type ObjectShape,
  type Place,
  type Shape,
  type ShapesOf,
  typeOf,
} from "./shape.ts";

/** Two questions about pairs of shapes. */
export interface ShapeComparison {
  /** Whether no JSON value can have both shapes. False means "not proved". */
  disjoint(a: Shape, b: Shape): boolean;
  /** Whether texts of both may agree until after an array or object inside them has begun. */
  beginAlike(a: Shape, b: Shape): boolean;
}

/** Levels of required properties looked into; recursive schemas have no last one. */
const PROPERTY_DEPTH = 3;

/**
 * Both questions about the shapes of one document.
 * @throws UNSUPPORTED from either after too many comparisons.
 */
export function compareShapes(shapesOf: ShapesOf): ShapeComparison {
  let comparisons = 0;
  const count = ({ pointer }: Shape) => {
    if (++comparisons > LIMITS.comparisons)
      throw unsupported(
        nameOf(pointer),
        pointer,
        `needs more than ${LIMITS.comparisons} comparisons of branches`,
      );
  };

  function disjoint(a: Shape, b: Shape, depth: number): boolean {
    count(a);
    if (a.loose || b.loose) return false;
    if (family(a) !== family(b)) return true;
    if (a.kind === "literal" && b.kind === "literal") return a.canonical !== b.canonical;
    if (a.kind === "integer" && b.kind === "integer" && a.range && b.range)
      return a.range.max < b.range.min || b.range.max < a.range.min;
    if (a.kind === "object" && b.kind === "object" && depth > 0)
      return lacksRequired(a, b) || lacksRequired(b, a) || differInProperty(a, b, depth - 1);
    return false;
  }

  /** A value of one shape has the property, and what it holds is forbidden by the other. */
  function differInProperty(a: ObjectShape, b: ObjectShape, depth: number): boolean {
    const others = new Map(b.properties.map((property) => [property.key, property]));
    return a.properties.some((left) => {
      const right = others.get(left.key);
      if (!right || !(left.required || right.required)) return false;
      return everyPair(left.value, right.value, (x, y) => disjoint(x, y, depth));
    });
  }

  function everyPair(a: Place, b: Place, holds: (left: Shape, right: Shape) => boolean): boolean {
    return shapesOf(a).every((left) => shapesOf(b).every((right) => holds(left, right)));
  }

  /** The texts part before anything nested begins in either. */
  const partAtOnce = (a: Place, b: Place) =>
    everyPair(
      a,
      b,
      (x, y) => family(x) !== family(y) || (!isComposite(x) && !isComposite(y) && disjoint(x, y, 0)),
    );

  const isFlat = (place: Place) => !shapesOf(place).some(isComposite);

  function objectsBeginAlike(a: ObjectShape, b: ObjectShape): boolean {
    if (a.additional || b.additional) return true;
    for (let index = 0; ; index++) {
      const left = a.properties[index];
      const right = b.properties[index];
      if (!left || !right) return false;
      // With an optional property either may go on with a later one; not worth a closer look.
      if (!left.required || !right.required) return true;
      if (left.key !== right.key || partAtOnce(left.value, right.value)) return false;
      if (!isFlat(left.value) || !isFlat(right.value)) return true;
    }
  }

  function arraysBeginAlike(a: ArrayShape, b: ArrayShape): boolean {
    const left = firstItem(a);
    const right = firstItem(b);
    return left !== undefined && right !== undefined && !partAtOnce(left, right);
  }

  return {
    disjoint: (a, b) => disjoint(a, b, PROPERTY_DEPTH),
    beginAlike(a, b) {
      count(a);
      if (a.kind === "object" && b.kind === "object") return objectsBeginAlike(a, b);
      if (a.kind === "array" && b.kind === "array") return arraysBeginAlike(a, b);
      return false;
    },
  };
}

/** 1 is an integer and a number. */
function family(shape: Shape): JsonType {
  const type = typeOf(shape);
  return type === "integer" ? "number" : type;
}

function firstItem({ prefix, rest, max }: ArrayShape): Place | undefined {
  return max === 0 ? undefined : (prefix[0] ?? rest);
}

function lacksRequired(a: ObjectShape, b: ObjectShape): boolean {
  if (!a.closed) return false;
  const known = new Set(a.properties.map(({ key }) => key));
  return b.properties.some(({ key, required }) => required && !known.has(key));
}
