/**
 * What must hold of all shapes together before a grammar is written: every place can be filled with a finite
 * value, branches of oneOf exclude each other, and no text has too many readings at once.
 *
 * llama.cpp follows all readings of a text in step, one stack each (llama_grammar_advance_stack). Optional
 * properties and branches cost one until they differ; but if two branches that begin alike contain the same
 * place again, the stacks double with every level, and a dozen brackets would stop the process.
 */

import { compareShapes, type ShapeComparison } from "./compare-shapes.ts";
import { textsApart } from "./gbnf-literal.ts";
import { LIMITS } from "./limits.ts";
import type { Choice, SchemaReader } from "./read-schema.ts";
import { malformed, nameOf, unsupported } from "./refusal.ts";
import {
  type CompositeShape,
  childrenOf,
  isComposite,
  type Place,
  type Shape,
  type ShapesOf,
} from "./shape.ts";

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
  const stacks = new Map<Place["schema"], number>();
  const stacksOf = ({ schema }: Place) => stacks.get(schema) ?? 1;
  const inside = (shape: CompositeShape) =>
    Math.max(optionalInARow(shape) + 1, ...childrenOf(shape).possible.map(stacksOf));
  const entrances = new Map<Place["schema"], { alternatives: number; alike: readonly CompositeShape[][] }>();
  for (const place of places) {
    const shapes = shapesOf(place);
    entrances.set(place.schema, {
      alternatives: countAlternatives(shapes),
      alike: alikeGroups(shapes.filter(isComposite), beginAlike),
    });
  }
  settle(places, users, (place) => {
    const { alternatives, alike } = entrances.get(place.schema)!;
    const sums = alike.map((group) => group.reduce((sum, shape) => sum + inside(shape), 0));
    const most = Math.max(alternatives, ...sums);
    if (most > LIMITS.stacks)
      throw unsupported(
        nameOf(place.pointer),
        place.pointer,
        `has more than ${LIMITS.stacks} ways to go on at one point: list properties under "required", and give ` +
          "branches that begin alike a required first property that tells them apart, such as a const",
      );
    if (most === stacksOf(place)) return false;
    stacks.set(place.schema, most);
    return true;
  });
}

/** Ways to begin, or for constants to go on. */
function countAlternatives(shapes: readonly Shape[]): number {
  const literals = shapes.filter((shape) => shape.kind === "literal");
  return shapes.length - literals.length + textsApart(literals.map(({ text }) => text));
}

/** For each array or object shape: itself and those that begin like it. */
function alikeGroups(
  shapes: readonly CompositeShape[],
  beginAlike: ShapeComparison["beginAlike"],
): readonly CompositeShape[][] {
  return shapes.map((one) => shapes.filter((other) => other === one || beginAlike(one, other)));
}

/** The longest run of properties of which any may come next. */
function optionalInARow(shape: CompositeShape): number {
  if (shape.kind === "array") return 1;
  let longest = 0;
  let run = 0;
  for (const { required } of shape.properties) {
    run = required ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
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
