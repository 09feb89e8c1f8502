/** How large the form is that an answer has to follow. */

export interface SchemaShape {
  /** Levels of objects and lists; 0 without a schema, 1 for a flat object. */
  readonly depth: number;
  /** Named properties on all levels. */
  readonly fields: number;
}

/**
 * A schema comes from outside: beyond this it is "large", and how much larger changes no decision. References are
 * not followed, so a schema that contains itself ends.
 */
const MOST_NODES = 2_000;

/** Keywords that hold lists of schemas, and names with schemas. */
const LISTS = ["anyOf", "oneOf", "allOf", "prefixItems"] as const;
const NAMED = ["$defs", "definitions"] as const;

/** Measures a JSON Schema; what is no schema has no shape. */
export function schemaShape(schema: unknown): SchemaShape {
  const waiting: { node: unknown; depth: number }[] = [{ node: schema, depth: 0 }];
  const add = (nodes: readonly unknown[], depth: number) => {
    for (const node of nodes.slice(0, Math.max(0, MOST_NODES - waiting.length)))
      waiting.push({ node, depth });
  };
  let deepest = 0;
  let fields = 0;
  for (let seen = 0; seen < MOST_NODES && waiting.length > 0; seen++) {
    const { node, depth } = waiting.pop()!;
    if (!isRecord(node)) continue;
    const { properties, items, additionalProperties } = node;
    const opens = isRecord(properties) || items !== undefined ? 1 : 0;
    deepest = Math.max(deepest, depth + opens);
    if (isRecord(properties)) {
      const inner = Object.values(properties);
      fields += inner.length;
      add(inner, depth + 1);
    }
    add([items, additionalProperties], depth + 1);
    for (const key of LISTS) {
      const inner = node[key];
      if (Array.isArray(inner)) add(inner, depth);
    }
    for (const key of NAMED) {
      const inner = node[key];
      if (isRecord(inner)) add(Object.values(inner), depth);
    }
  }
  return { depth: deepest, fields: Math.min(fields, MOST_NODES) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
