/** Checks a value against a JSON Schema, as the second opinion on what the grammar let through. */

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";

/** What is wrong with a value, or undefined. Never throws. */
export type JsonCheck = (value: unknown) => string | undefined;

/** Agents send the same few schemas again and again; compiling one takes milliseconds. */
const MAX_KEPT = 64;
const kept = new Map<string, JsonCheck>();
const MAX_MESSAGE = 500;

/**
 * The check of a schema, compiled once and kept while it is used.
 * @throws UNSUPPORTED for a schema that the validator cannot compile
 */
export function jsonCheck(schema: object): JsonCheck {
  const key = JSON.stringify(schema);
  const check = kept.get(key) ?? compile(schema);
  // Last used goes last, so the first is the one to drop.
  kept.delete(key);
  kept.set(key, check);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  return check;
}

function compile(schema: object): JsonCheck {
  // An instance for each schema: ajv keeps every schema it was ever given, and two with one $id would collide.
  const ajv = new Ajv2020({
    // What the schema may say was decided by the grammar, which refuses every keyword it does not know.
    strict: false,
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    // Its formats are written down in the grammar.
    validateFormats: false,
    // "toString" is a name like others, and no object has it by birth.
    ownProperties: true,
    // Without it each property nests in the code of the one before, and some thousand overflow the stack.
    allErrors: true,
    code: { optimize: false },
    logger: false,
  });
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    throw new AppError("UNSUPPORTED", `JSON schema: it cannot be checked: ${shown(messageOf(error))}.`, {
      cause: error,
    });
  }
  return (value) => {
    try {
      if (validate(value)) return undefined;
      return shown(ajv.errorsText(validate.errors?.slice(0, 3), { dataVar: "" }));
    } catch (error) {
      // Its comparison of constants calls toString and valueOf of a value where these are members.
      return shown(messageOf(error));
    }
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Names in it come from schemas and from the model. */
function shown(message: string): string {
  return visibleToken(message.trim()).slice(0, MAX_MESSAGE);
}
