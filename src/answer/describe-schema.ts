/**
 * A JSON Schema in the words of a prompt: short, in the notation that every model has read as type annotations.
 * The grammar holds the answer to the schema; this only tells the model what it means.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Schemas nest and refer to each other without end, prompts do not: deeper and later parts are told as "...". */
const MAX_DEPTH = 5;
const MAX_PARTS = 400;
const MAX_NOTE = 120;

/**
 * Writes a schema as a type, on one line.
 *
 * @example
 * describeSchema({ type: "object", properties: { unit: { enum: ["C", "F"] } } }) // '{unit?: "C" | "F"}'
 */
export function describeSchema(schema: object): string {
  let left = MAX_PARTS;

  function type(part: unknown, depth: number): string {
    if (!isSchema(part)) return "any";
    if (depth > MAX_DEPTH || left-- <= 0) return "...";
    const { enum: values, anyOf, oneOf, allOf, $ref } = part;
    if (typeof $ref === "string") return type(resolve(schema, $ref), depth + 1);
    if (Object.hasOwn(part, "const")) return JSON.stringify(part.const);
    if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
    const branches = [anyOf, oneOf, allOf].find(Array.isArray) as unknown[] | undefined;
    if (branches) return branches.map((branch) => type(branch, depth + 1)).join(" | ");
    if (Array.isArray(part.type)) return part.type.map((name) => named(name, part, depth)).join(" | ");
    return named(part.type ?? impliedType(part), part, depth);
  }

  function named(name: unknown, part: Schema, depth: number): string {
    switch (name) {
      case "object":
        return object(part, depth);
      case "array":
        return array(part, depth);
      case "string":
        return typeof part.format === "string" ? `string (${part.format})` : "string";
      case "integer":
        return `integer${range(part)}`;
      default:
        return String(name);
    }
  }

  function object(part: Schema, depth: number): string {
    const { properties, required, additionalProperties } = part;
    const members = isSchema(properties) ? Object.entries(properties) : [];
    if (members.length === 0)
      return isSchema(additionalProperties) ? `{[key]: ${type(additionalProperties, depth + 1)}}` : "{...}";
    const isRequired = new Set(Array.isArray(required) ? required : []);
    const fields = members.map(([key, member]) => {
      const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
      return `${name}${isRequired.has(key) ? "" : "?"}: ${type(member, depth + 1)}${note(member)}`;
    });
    return `{${fields.join(", ")}}`;
  }

  function array({ prefixItems, items }: Schema, depth: number): string {
    if (Array.isArray(prefixItems)) return `[${prefixItems.map((item) => type(item, depth + 1)).join(", ")}]`;
    const item = items === undefined ? "any" : type(items, depth + 1);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }

  return type(schema, 0);
}

/** What a field means, in brackets behind its type. */
function note(member: unknown): string {
  const text = isSchema(member) ? shortText(member.description) : "";
  return text && ` (${text})`;
}

/** A description on one line and not longer than helps; "" for what is no text. */
export function shortText(text: unknown): string {
  if (typeof text !== "string") return "";
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_NOTE ? `${line.slice(0, MAX_NOTE)}...` : line;
}

function range({ minimum, maximum }: Schema): string {
  if (typeof minimum !== "number" && typeof maximum !== "number") return "";
  return ` ${minimum ?? ""}..${maximum ?? ""}`;
}

function impliedType(part: Schema): string {
  if (Object.hasOwn(part, "properties")) return "object";
  return Object.hasOwn(part, "items") || Object.hasOwn(part, "prefixItems") ? "array" : "any";
}

/** The grammar has refused references that lead nowhere; here they are merely not told. */
function resolve(root: object, reference: string): unknown {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined;
  return reference
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((at, part) => (isSchema(at) && Object.hasOwn(at, part) ? at[part] : undefined), root);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}
