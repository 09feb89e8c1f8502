/** The grammar of calls: only tools that there are, with arguments that their schemas allow. */

import { type GrammarBuilder, gbnfText } from "../engine/index.ts";
import { AppError, isAppError } from "../errors.ts";
import type { AnswerTool } from "./answer-request.ts";
import { CALLS_KEY } from "./call-beginning.ts";

/** Small models that have begun to repeat a call would go on until the context is full. */
export const MAX_CALLS = 16;

/**
 * Adds the rule of an object that lists calls.
 * @returns the rule's name
 * @throws UNSUPPORTED, USAGE as jsonSchemaToGrammar(), naming the tool
 */
export function addCalls(builder: GrammarBuilder, tools: readonly AnswerTool[], parallel: boolean): string {
  const named = tools.map(({ name, parameters }) => {
    const values = schemaOf(name, () =>
      builder.schema("arguments", argumentsSchema(parameters), { objectsOnly: true }),
    );
    return `${gbnfText(`${JSON.stringify(name)},`)} space "\\"arguments\\":" space ${values}`;
  });
  const which = builder.rule("which", named.join(" | "));
  const call = builder.rule("call", `"{" space "\\"name\\":" space ${which} space "}"`);
  const more = parallel ? ` ${builder.rule("more", `"," space ${call}`)}{0,${MAX_CALLS - 1}}` : "";
  // A space first, as in answer-form.ts.
  return builder.rule(
    "calls",
    `space "{" space "\\"${CALLS_KEY}\\":" space "[" space ${call}${more} space "]" space "}"`,
  );
}

/** Arguments are objects in any case, so a schema need not say it; none at all means any object. */
export function argumentsSchema(parameters: object | undefined): object {
  const says = ["type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"];
  if (parameters !== undefined && says.some((keyword) => Object.hasOwn(parameters, keyword)))
    return parameters;
  return { ...parameters, type: "object" };
}

/** Runs what reads a tool's schema, so that a refusal names the tool. */
export function schemaOf<T>(tool: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw new AppError(error.code, `Tool "${tool}": ${error.message}`, {
      hint: error.hint,
      details: { ...error.details, tool },
      cause: error,
    });
  }
}
