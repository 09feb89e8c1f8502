/**
 * JSON Schema -> GBNF for llama.cpp. The rule is: every text the grammar accepts is JSON that the schema
 * accepts, and a schema of which that cannot be said is refused, never loosened (llama.cpp's own converter
 * skips what it does not know). Of all texts that a schema accepts, the grammar keeps those worth generating:
 *
 * - properties in the order the schema lists them, and none it does not list (an absent additionalProperties
 *   allows more, it does not ask for them); without any listed, an object may hold anything;
 * - after prefixItems nothing, unless `items` says what;
 * - without "type", the types that the other keywords speak of;
 * - on one line, with at most one space where JSON allows blanks, and numbers of bounded length, so that a
 *   model cannot go on for ever in either; constants exactly as JSON.stringify prints them.
 */

import { checkShapes } from "./json-schema-grammar/check-shapes.ts";
import { checkDocument } from "./json-schema-grammar/limits.ts";
import { createSchemaReader } from "./json-schema-grammar/read-schema.ts";
import { placeOf } from "./json-schema-grammar/reference.ts";
import { writeGrammar } from "./json-schema-grammar/write-grammar.ts";

/**
 * Converts a schema into a grammar whose root rule is "root".
 *
 * @example jsonSchemaToGrammar({ type: "object", properties: { age: { type: "integer", minimum: 0 } }, required: ["age"] })
 * @throws UNSUPPORTED, naming keyword and JSON pointer, for what has no exact grammar or exceeds a limit;
 * USAGE for a schema that is malformed or that no value can satisfy.
 */
export function jsonSchemaToGrammar(schema: object): string {
  checkDocument(schema);
  const root = placeOf(schema, "#");
  const reader = createSchemaReader(root);
  checkShapes(root, reader);
  return writeGrammar(root, reader.shapesOf);
}
