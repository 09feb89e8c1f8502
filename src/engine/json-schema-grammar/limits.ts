/**
 * Bounds on what a schema may ask of us and of llama.cpp. Schemas arrive over HTTP, and llama.cpp parses and
 * applies a grammar on the thread that called it, so everything that could grow is bounded beforehand.
 */

import { childPointer, malformed, unsupported } from "./refusal.ts";

/** Each with the reason for it. */
export const LIMITS = {
  /** Nesting of the schema document: reading it and printing its constants recurse. */
  depth: 64,
  /** Objects, arrays and scalars in the document. */
  nodes: 20_000,
  /** UTF-16 units of all names and strings in the document; each is printed at most a few times. */
  characters: 200_000,
  /** $ref, anyOf, oneOf and allOf that follow one another without anything to write in between. */
  hops: 64,
  /** Values of one enum. */
  enumValues: 1_000,
  /** Shapes that one place can take: branches are compared pairwise. */
  branches: 256,
  /** Branches of all unions together: references let small documents repeat large ones. */
  allBranches: 50_000,
  /** Pairs of shapes looked at to tell branches apart. */
  comparisons: 1_000_000,
  /** Schemas of one prefixItems: those that may be left out nest, and llama.cpp parses nesting by recursion. */
  prefixItems: 256,
  /**
   * Repetitions of one rule. llama-grammar.cpp refuses MAX_REPETITION_THRESHOLD = 2,000 expanded rules, and
   * turns an upper bound above it silently into no bound at all.
   */
  repetitions: 1_999,
  /** Rules that llama.cpp makes of all repetitions together; each is a small vector and a name in a map. */
  expandedRules: 50_000,
  /**
   * Stacks that llama.cpp keeps at one time, see check-shapes.ts. Where the most likely token is refused, one
   * stack over 32,000 tokens took about a millisecond.
   */
  stacks: 256,
  /** Characters of the grammar: as many took llama.cpp under 0.1 s to parse. */
  grammar: 2_000_000,
} as const;

/**
 * Measures the document before anything walks it.
 * @throws USAGE if it is not JSON, UNSUPPORTED if it is too deep or too large.
 */
export function checkDocument(schema: unknown): void {
  let nodes = 0;
  let characters = 0;
  const visit = (value: unknown, name: string, pointer: string, depth: number): void => {
    nodes++;
    characters += name.length + (typeof value === "string" ? value.length : 0);
    if (depth > LIMITS.depth)
      throw unsupported(name, pointer, `is nested deeper than ${LIMITS.depth} levels (or contains itself)`);
    if (nodes > LIMITS.nodes || characters > LIMITS.characters)
      throw unsupported(
        name,
        pointer,
        `makes the schema larger than ${LIMITS.nodes} values or ${LIMITS.characters} characters`,
      );
    if (Array.isArray(value))
      for (const [index, entry] of value.entries())
        visit(entry, `${index}`, childPointer(pointer, index), depth + 1);
    else if (isRecord(value))
      for (const [key, entry] of Object.entries(value))
        visit(entry, key, childPointer(pointer, key), depth + 1);
    else if (!isScalar(value)) throw malformed(name, pointer, "is not a JSON value");
  };
  visit(schema, "schema", "#", 0);
}

/** A JSON object: its own members are read with Object.entries and Object.hasOwn only. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
