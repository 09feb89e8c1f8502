/** From shapes to GBNF: one rule for each array, object and union, in the order they are met. */

import { oneOfTexts, quote } from "./gbnf-literal.ts";
import type { GrammarDraft } from "./grammar-draft.ts";
import { integerRange } from "./integer-range.ts";
import { LIMITS } from "./limits.ts";
import { unsupported } from "./refusal.ts";
import type {
  ArrayShape,
  LiteralShape,
  ObjectShape,
  Place,
  Property,
  Shape,
  ShapesOf,
  StringShape,
} from "./shape.ts";

/**
 * Writes the values that fit a place into a draft, as the rule `name`. The place's shapes must have been checked.
 * @throws UNSUPPORTED if llama.cpp would make too many rules of the draft's repetitions.
 */
export function writeRules(draft: GrammarDraft, name: string, root: Place, shapesOf: ShapesOf): void {
  const { rules, fresh } = draft;
  /** By shape, by the shapes of a union, or by the lengths of a string. */
  const names = new Map<unknown, string>();
  // Bodies are written from a list, not by recursion: a schema may nest through references without limit.
  const waiting: (() => void)[] = [];

  /** The rule of a key, made once; its body is written later. */
  function ruleFor(key: unknown, stem: string, body: (name: string) => string): string {
    const known = names.get(key);
    if (known) return known;
    const name = fresh(stem);
    names.set(key, name);
    rules.set(name, "");
    waiting.push(() => rules.set(name, body(name)));
    return name;
  }

  function place(here: Place): string {
    const shapes = shapesOf(here);
    const [shape] = shapes;
    if (shape && shapes.length === 1) return single(shape);
    return ruleFor(shapes, stemOf(here.pointer), () => union(shapes));
  }

  function single(shape: Shape): string {
    switch (shape.kind) {
      case "literal":
        return quote(shape.text);
      case "object":
        return ruleFor(shape, stemOf(shape.pointer), (name) => object(shape, name));
      case "array":
        return ruleFor(shape, stemOf(shape.pointer), (name) => array(shape, name));
      case "integer": {
        const { range } = shape;
        return range
          ? ruleFor(shape, stemOf(shape.pointer), () => integerRange(range.min, range.max))
          : "integer";
      }
      case "string":
        return string(shape);
      default:
        return shape.kind;
    }
  }

  function string({ format, min, max, pointer }: StringShape): string {
    if (format) return format;
    if (min === 0 && max === undefined) return "string";
    const lengths = `string-${min}-${max ?? "up"}`;
    return ruleFor(lengths, lengths, () => `"\\"" ${repeat("char", min, max, pointer)} "\\""`);
  }

  function union(shapes: readonly Shape[]): string {
    const literals = shapes.filter((shape): shape is LiteralShape => shape.kind === "literal");
    const others = shapes.filter((shape) => shape.kind !== "literal").map(single);
    const texts = literals.length > 0 ? [oneOfTexts(literals.map(({ text }) => text))] : [];
    return [...texts, ...new Set(others)].join(" | ");
  }

  /** A named rule repeated; for llama.cpp a group in its place would count as many rules. */
  function repeat(rule: string, min: number, max: number | undefined, pointer: string): string {
    draft.expanded += max ?? min;
    if (draft.expanded > LIMITS.expandedRules)
      throw unsupported(
        "schema",
        pointer,
        `repeats more than ${LIMITS.expandedRules} times in all; lower maxLength and maxItems`,
      );
    if (max === undefined) return min === 0 ? `${rule}*` : min === 1 ? `${rule}+` : `${rule}{${min},}`;
    if (max === 0) return "";
    return min === max ? `${rule}{${min}}` : `${rule}{${min},${max}}`;
  }

  function array({ prefix, rest, min, max, pointer }: ArrayShape, name: string): string {
    const items = prefix.slice(0, max).map(place);
    let tail = "";
    if (rest && (max === undefined || max > prefix.length)) {
      const item = place(rest);
      if (items.length === 0) items.push(item);
      const more = fresh(`${name}-more`);
      const most = max === undefined ? undefined : max - items.length;
      tail = repeat(more, Math.max(0, min - items.length), most, pointer);
      if (tail) rules.set(more, `"," space ${item}`);
    }
    // From the end: what may be left out encloses all that follows it.
    for (let index = items.length - 1; index >= 0; index--) {
      const here = [index > 0 ? '"," space' : "", items[index]!, tail].filter(Boolean).join(" ");
      tail = index < min ? here : `(${here})?`;
    }
    return ['"[" space', tail, tail && "space", '"]"'].filter(Boolean).join(" ");
  }

  function object({ properties, additional }: ObjectShape, name: string): string {
    if (additional) {
      const [member, more] = [fresh(`${name}-member`), fresh(`${name}-more`)];
      rules.set(member, `string ":" space ${place(additional)}`);
      rules.set(more, `"," space ${member}`);
      return `"{" space (${member} ${more}* space)? "}"`;
    }
    const body = members(properties, name);
    return body ? `"{" space ${body} space "}"` : '"{" space "}"';
  }

  /**
   * Properties in their order with commas between those that are there. As long as none is, each may be the
   * first; after one, every further brings its own comma.
   */
  function members(properties: readonly Property[], name: string): string {
    const pairs = properties.map(
      ({ key, value }) => `${quote(`${JSON.stringify(key)}:`)} space ${place(value)}`,
    );
    const after = pairs.map((pair, index) => {
      const more = `"," space ${pair}`;
      return properties[index]!.required ? more : `(${more})?`;
    });
    const required = properties.findIndex((property) => property.required);
    if (required === 0) return [pairs[0], ...after.slice(1)].join(" ");
    const last = required < 0 ? pairs.length - 1 : required;
    // Named, because written out the tails would grow with the square of the properties.
    let tail = after.slice(last + 1).join(" ");
    const alternatives: string[] = [];
    for (let index = last; index >= 0; index--) {
      alternatives.unshift(tail ? `${pairs[index]} ${tail}` : pairs[index]!);
      if (index === 0) break;
      const rule = fresh(`${name}-after`);
      rules.set(rule, tail ? `${after[index]} ${tail}` : after[index]!);
      tail = rule;
    }
    if (alternatives.length === 0) return "";
    return `(${alternatives.join(" | ")})${required < 0 ? "?" : ""}`;
  }

  rules.set(name, "");
  rules.set(name, place(root));
  for (const write of waiting) write();
}

/** A readable rule name from the last names in a pointer. */
function stemOf(pointer: string): string {
  const parts = pointer.split("/").filter((part) => !STRUCTURE.has(part));
  const words =
    parts
      .slice(-2)
      .join("-")
      .slice(0, 60)
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const stem = words.join("-");
  return /^[a-z]/.test(stem) ? stem : ["value", ...words].join("-");
}

/** Parts of a pointer that are words of JSON Schema and would say nothing in a rule's name. */
const STRUCTURE = new Set(["#", "properties", "$defs", "definitions", "anyOf", "oneOf", "allOf"]);
