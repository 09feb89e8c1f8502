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
import { createDraft, type GrammarDraft, printDraft } from "./json-schema-grammar/grammar-draft.ts";
import { checkDocument } from "./json-schema-grammar/limits.ts";
import { createSchemaReader } from "./json-schema-grammar/read-schema.ts";
import { placeOf } from "./json-schema-grammar/reference.ts";
import { unsupported } from "./json-schema-grammar/refusal.ts";
import { typeOf } from "./json-schema-grammar/shape.ts";
import { writeRules } from "./json-schema-grammar/write-grammar.ts";

/**
 * Converts a schema into a grammar whose root rule is "root".
 *
 * @example jsonSchemaToGrammar({ type: "object", properties: { age: { type: "integer", minimum: 0 } }, required: ["age"] })
 * @throws UNSUPPORTED, naming keyword and JSON pointer, for what has no exact grammar or exceeds a limit;
 * USAGE for a schema that is malformed or that no value can satisfy.
 */
export function jsonSchemaToGrammar(schema: object): string {
  const draft = createDraft();
  addSchema(draft, "root", schema);
  return printDraft(draft);
}

/** A grammar of several schemas and of rules in between; bodies are GBNF. */
export interface GrammarBuilder {
  /** Adds a rule; gives its name, which is the stem, numbered where that is taken. */
  rule(stem: string, body: string): string;
  /**
   * Adds the values of a schema; gives the rule's name.
   * @throws as jsonSchemaToGrammar(), and UNSUPPORTED where `objectsOnly` and the schema allows anything else
   */
  schema(stem: string, schema: object, options?: { objectsOnly?: boolean }): string;
  /** The whole grammar, its rule "root" with this body. */
  print(root: string): string;
}

/**
 * Puts a grammar together. The limits of one schema are those of all together.
 *
 * @example
 * const builder = createGrammarBuilder();
 * const city = builder.schema("city", { enum: ["Oslo", "Rome"] });
 * builder.print(`"city: " ${city}`);
 */
export function createGrammarBuilder(): GrammarBuilder {
  const draft = createDraft();
  return {
    rule(stem, body) {
      const name = draft.fresh(stem);
      draft.rules.set(name, body);
      return name;
    },
    schema(stem, schema, { objectsOnly = false } = {}) {
      const name = draft.fresh(stem);
      addSchema(draft, name, schema, objectsOnly);
      return name;
    },
    print(root) {
      draft.rules.set("root", root);
      return printDraft(draft);
    },
  };
}

function addSchema(draft: GrammarDraft, name: string, schema: object, objectsOnly = false): void {
  checkDocument(schema);
  const root = placeOf(schema, "#");
  const reader = createSchemaReader(root);
  checkShapes(root, reader);
  if (objectsOnly && reader.shapesOf(root).some((shape) => typeOf(shape) !== "object"))
    throw unsupported("type", "#/type", 'must be "object" here');
  writeRules(draft, name, root, reader.shapesOf);
}
