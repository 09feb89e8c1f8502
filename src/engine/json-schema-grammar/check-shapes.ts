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

/** Places with the same list of shapes count as one: they share a rule. */
type Shapes = readonly Shape[];

/** What can be reached, and what holds each directly. */
interface Graph {
  /** Breadth first, each with the place where it was met. */
  readonly places: ReadonlyMap<Shapes, Place>;
  readonly users: ReadonlyMap<Shapes, readonly Shapes[]>;
}

/**
 * Reads every place that can be reached and checks it.
 * @throws USAGE for a place that only an infinite value fills, UNSUPPORTED for a oneOf whose branches may
 * overlap and for branches that multiply, and whatever reading throws.
 */
export function checkShapes(root: Place, { shapesOf, choices }: SchemaReader): void {
  const graph = reachable(root, shapesOf);
  const { disjoint, beginAlike } = compareShapes(shapesOf);
  for (const choice of choices) checkChoice(choice, shapesOf, disjoint);
  checkFinite(graph, shapesOf);
  checkStacks(graph, shapesOf, beginAlike);
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

function checkFinite(graph: Graph, shapesOf: ShapesOf): void {
  const finite = new Set<Shapes>();
  const ends = (place: Place) => finite.has(shapesOf(place));
  settle(graph, (shapes) => {
    if (finite.has(shapes) || !shapes.some((shape) => childrenOf(shape).needed.every(ends))) return false;
    finite.add(shapes);
    return true;
  });
  for (const [shapes, { pointer }] of graph.places)
    if (!finite.has(shapes))
      throw malformed(nameOf(pointer), pointer, "requires itself, so no finite value exists");
}

function checkStacks(graph: Graph, shapesOf: ShapesOf, beginAlike: ShapeComparison["beginAlike"]): void {
  const stacks = new Map<Shapes, number>();
  const inside = (shape: CompositeShape) =>
    Math.max(
      optionalInARow(shape) + 1,
      ...childrenOf(shape).possible.map((place) => stacks.get(shapesOf(place)) ?? 1),
    );
  const known = new Map(
    Array.from(graph.places.keys(), (shapes) => [
      shapes,
      {
        alternatives: countAlternatives(shapes),
        alike: alikeGroups(shapes.filter(isComposite), beginAlike),
      },
    ]),
  );
  settle(graph, (shapes) => {
    const { alternatives, alike } = known.get(shapes)!;
    const sums = alike.map((group) => group.reduce((sum, shape) => sum + inside(shape), 0));
    const most = Math.max(alternatives, ...sums);
    if (most > LIMITS.stacks) {
      const { pointer } = graph.places.get(shapes)!;
      throw unsupported(
        nameOf(pointer),
        pointer,
        `has more than ${LIMITS.stacks} ways to go on at one point: list properties under "required", and give ` +
          "branches that begin alike a required first property that tells them apart, such as a const",
      );
    }
    if (most === stacks.get(shapes)) return false;
    stacks.set(shapes, most);
    return true;
  });
}

/** Ways to begin, or for constants to go on. */
function countAlternatives(shapes: Shapes): number {
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

function reachable(root: Place, shapesOf: ShapesOf): Graph {
  const places = new Map([[shapesOf(root), root]]);
  const users = new Map<Shapes, Shapes[]>([[shapesOf(root), []]]);
  for (const [shapes] of places)
    for (const child of shapes.flatMap((shape) => childrenOf(shape).possible)) {
      const inner = shapesOf(child);
      if (!places.has(inner)) places.set(inner, child);
      users.set(inner, users.get(inner) ?? []);
      users.get(inner)!.push(shapes);
    }
  return { places, users };
}

/** Calls update for all, and again for the users of each that changed, until nothing changes. */
function settle({ places, users }: Graph, update: (shapes: Shapes) => boolean): void {
  const queue = [...places.keys()].reverse();
  const queued = new Set(queue);
  for (const shapes of queue) {
    queued.delete(shapes);
    if (!update(shapes)) continue;
    for (const user of users.get(shapes)!) {
      if (queued.has(user)) continue;
      queued.add(user);
      queue.push(user);
    }
  }
}
