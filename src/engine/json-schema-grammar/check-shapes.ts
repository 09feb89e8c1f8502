/**
 * What must hold of all shapes together before a grammar is written: every place can be filled with a finite
 * value, and branches that begin alike do not multiply.
 *
 * llama.cpp follows all readings of a text at once, one stack each (llama_grammar_advance_stack). If two
 * branches that begin alike contain the same place again, the stacks double with every level: a dozen
 * brackets would stop the process. So the stacks a place can keep alive are bounded here: the largest sum,
 * over branches that begin alike, of what their members keep alive.
 */

import { compareShapes, type ShapeComparison } from "./compare-shapes.ts";
import { LIMITS } from "./limits.ts";
import type { Choice, SchemaReader } from "./read-schema.ts";
import { malformed, nameOf, unsupported } from "./refusal.ts";
import { childrenOf, isComposite, type Place, type Shape, type ShapesOf } from "./shape.ts";

type Users = ReadonlyMap<Place["schema"], readonly Place[]>;

/**
 * Reads every place that can be reached and checks it.
 * @throws USAGE for a place that only an infinite value fills, UNSUPPORTED for a oneOf whose branches may
 * overlap and for branches that multiply, and whatever reading throws.
 */
export function checkShapes(root: Place, { shapesOf, choices }: SchemaReader): void {
  const { places, users } = reachable(root, shapesOf);
  const { disjoint, beginAlike } = compareShapes(shapesOf);
  for (const choice of choices) checkChoice(choice, shapesOf, disjoint);
  checkFinite(places, users, shapesOf);
  checkStacks(places, users, shapesOf, beginAlike);
}

function checkChoice(
  { pointer, branches }: Choice,
  shapesOf: ShapesOf,
  disjoint: ShapeComparison["disjoint"],
): void {
  const shapes = branches.map(shapesOf);
  for (const [first, left] of shapes.entries())
    for (const [second, right] of shapes.entries()) {
      if (second <= first || left.every((a) => right.every((b) => disjoint(a, b)))) continue;
      throw unsupported(
        "oneOf",
        pointer,
        `is supported where no value can fit two branches, which cannot be shown of ${first} and ${second}`,
      );
    }
}

function checkFinite(places: readonly Place[], users: Users, shapesOf: ShapesOf): void {
  const finite = new Set<Place["schema"]>();
  const endsAt = ({ schema }: Place) => finite.has(schema);
  settle(places, users, (place) => {
    if (endsAt(place)) return false;
    const ends = shapesOf(place).some((shape) => childrenOf(shape).needed.every(endsAt));
    if (ends) finite.add(place.schema);
    return ends;
  });
  const endless = places.find((place) => !endsAt(place));
  if (endless)
    throw malformed(nameOf(endless.pointer), endless.pointer, "requires itself, so no finite value exists");
}

function checkStacks(
  places: readonly Place[],
  users: Users,
  shapesOf: ShapesOf,
  beginAlike: ShapeComparison["beginAlike"],
): void {
  const groups = new Map(
    places.map((place) => [place.schema, alikeGroups(shapesOf(place), beginAlike)] as const),
  );
  const stacks = new Map<Place["schema"], number>();
  const stacksOf = ({ schema }: Place) => stacks.get(schema) ?? 1;
  const inside = (shape: Shape) => Math.max(1, ...childrenOf(shape).possible.map(stacksOf));
  settle(places, users, (place) => {
    const sums = groups.get(place.schema)!.map((group) => group.reduce((sum, one) => sum + inside(one), 0));
    const most = Math.max(1, ...sums);
    if (most > LIMITS.stacks)
      throw unsupported(
        nameOf(place.pointer),
        place.pointer,
        "has branches that begin alike and nest: give each a required first property that tells them apart, " +
          "such as a const",
      );
    if (most === stacksOf(place)) return false;
    stacks.set(place.schema, most);
    return true;
  });
}

/** All places in breadth-first order, and for each those that contain it directly. */
function reachable(root: Place, shapesOf: ShapesOf): { places: Place[]; users: Users } {
  const places = [root];
  const users = new Map<Place["schema"], Place[]>([[root.schema, []]]);
  for (const place of places)
    for (const shape of shapesOf(place))
      for (const child of childrenOf(shape).possible) {
        const known = users.get(child.schema);
        if (!known) places.push(child);
        if (known) known.push(place);
        else users.set(child.schema, [place]);
      }
  return { places, users };
}

/** Calls update on every place, and again on the users of each that changed, until nothing changes. */
function settle(places: readonly Place[], users: Users, update: (place: Place) => boolean): void {
  const queue = [...places].reverse();
  const queued = new Set(queue.map(({ schema }) => schema));
  for (const place of queue) {
    queued.delete(place.schema);
    if (!update(place)) continue;
    for (const user of users.get(place.schema)!) {
      if (queued.has(user.schema)) continue;
      queued.add(user.schema);
      queue.push(user);
    }
  }
}

/** For each array or object shape: itself and those that begin like it. */
function alikeGroups(
  shapes: readonly Shape[],
  beginAlike: ShapeComparison["beginAlike"],
): readonly (readonly Shape[])[] {
  const composite = shapes.filter(isComposite);
  return composite.map((one) => composite.filter((other) => other === one || beginAlike(one, other)));
}
