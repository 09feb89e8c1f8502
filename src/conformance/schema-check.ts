/** Whether a value follows one of our own schemas. A schema that a server sent is never compiled. */

import { Ajv } from "ajv";

/** Keywords that the rules use to see them refused are ones that ajv knows; formats are none of them. */
const ajv = new Ajv({ strict: false, validateFormats: false });
const compiled = new WeakMap<object, ReturnType<typeof ajv.compile>>();

/** What is wrong with the value, one phrase; undefined when nothing is. */
export function schemaFault(schema: object, value: unknown): string | undefined {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return `${first?.instancePath === "" ? "the whole" : first?.instancePath} ${first?.message ?? "is wrong"}`;
}
