/**
 * What an answer has to look like: the grammar that it is written by, the words that tell the model, and the checks
 * when it is there. Everything that a schema, a tool or a grammar can be refused for is refused here.
 */

import { createGrammarBuilder, type GrammarBuilder } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";
import type { AnswerFormat, AnswerRequest, AnswerTool, ToolChoice } from "./answer-request.ts";
import { addFreeText } from "./call-beginning.ts";
import { describeSchema } from "./describe-schema.ts";
import { addCalls, argumentsSchema, schemaOf } from "./tool-grammar.ts";
import { describeTools } from "./tool-protocol.ts";
import { type JsonCheck, jsonCheck } from "./validate-json.ts";

export interface AnswerForm {
  /** GBNF; undefined: any text. */
  readonly grammar: string | undefined;
  /** For the system text: a grammar holds a model to a form, but does not tell it what is wanted. */
  readonly instructions: string | undefined;
  readonly calls: "never" | "possible" | "always";
  /** By name, the check of the arguments. */
  readonly tools: ReadonlyMap<string, JsonCheck>;
  /** What an answer that is no call is: any text, JSON, or by the caller's own grammar. */
  readonly text: "free" | "json" | "grammar";
  /** Of an answer in JSON. */
  readonly check: JsonCheck;
}

/** As in the OpenAI protocol; each tool is also an alternative at one point of the grammar. */
const MAX_TOOLS = 128;
const TOOL_NAME = /^[\w.-]{1,64}$/;
/** Compiling that many took a second, in which nobody else is answered. */
const MAX_SCHEMA_CHARACTERS = 500_000;
const MAX_GRAMMAR_CHARACTERS = 100_000;

const ANY_OBJECT = { type: "object" };

/**
 * Works out the form of a request's answer.
 * @throws UNSUPPORTED for a schema without an exact grammar (keyword and JSON pointer are named) and for combinations
 * that cannot be had; USAGE for tools and choices that make no sense; TOO_LARGE
 */
export function answerForm(request: AnswerRequest): AnswerForm {
  const { format = { type: "text" }, parallelToolCalls: parallel = true } = request;
  checkSize(request);
  const { tools, choice } = chosenTools(request);
  if (tools.length > 0 && format.type === "grammar")
    throw new AppError("UNSUPPORTED", "An answer by a grammar of the caller's cannot hold calls of tools.", {
      hint: 'Leave "grammar" or "tools" out, or choose "none" of the tools.',
    });
  const text = textForm(format);
  if (tools.length === 0) {
    const instructions = text.wish && `Answer ${text.wish}`;
    return { ...text, calls: "never", tools: new Map(), instructions, grammar: wholeGrammar(format) };
  }
  const builder = createGrammarBuilder();
  const calls = addCalls(builder, tools, parallel && typeof choice !== "object");
  const isFree = choice === "auto";
  return {
    ...text,
    calls: isFree ? "possible" : "always",
    tools: new Map(
      tools.map(({ name, parameters }) => [
        name,
        schemaOf(name, () => jsonCheck(argumentsSchema(parameters))),
      ]),
    ),
    instructions: describeTools(tools, {
      parallel: parallel && typeof choice !== "object",
      otherwise: isFree ? `answer ${text.wish ?? "in plain text."}` : undefined,
    }),
    grammar: builder.print(isFree ? `${calls} | ${addText(builder, format)}` : calls),
  };
}

/** The tools that may be called in this answer; none where the choice is "none". */
function chosenTools({ input, tools = [], toolChoice }: AnswerRequest): {
  tools: readonly AnswerTool[];
  choice: ToolChoice;
} {
  const choice = toolChoice ?? (tools.length > 0 ? "auto" : "none");
  const wrong = (message: string, hint?: string) => new AppError("USAGE", message, { hint });
  if (tools.length > MAX_TOOLS) throw wrong(`There are ${tools.length} tools; ${MAX_TOOLS} can be given.`);
  const names = new Set<string>();
  for (const { name } of tools) {
    if (!TOOL_NAME.test(name))
      throw wrong(
        `A tool cannot be called "${visibleToken(name.slice(0, 80))}".`,
        "A name has up to 64 letters, digits, dots, dashes and underscores.",
      );
    if (names.has(name)) throw wrong(`Two tools are called "${name}".`);
    names.add(name);
  }
  if (choice === "none") return { tools: [], choice };
  if (tools.length === 0) {
    if (choice === "auto") return { tools, choice: "none" };
    throw wrong("A call was asked for, but no tools were given.", "Give tools, or leave the choice out.");
  }
  if (input.type !== "messages")
    throw new AppError("UNSUPPORTED", "Tools need a conversation; a raw prompt goes to the model as it is.", {
      hint: "Send messages, or hold the answer to a JSON schema.",
    });
  if (typeof choice !== "object") return { tools, choice };
  const chosen = tools.filter(({ name }) => name === choice.name);
  if (chosen.length > 0) return { tools: chosen, choice };
  throw wrong(
    `There is no tool "${visibleToken(choice.name.slice(0, 80))}" to be called.`,
    `Tools given: ${[...names].join(", ")}.`,
  );
}

/** The answer without calls; `wish` completes "Answer …". */
function textForm(format: AnswerFormat): Pick<AnswerForm, "text" | "check"> & { wish: string | undefined } {
  switch (format.type) {
    case "json-object":
      return { text: "json", check: jsonCheck(ANY_OBJECT), wish: "with one JSON object and nothing else." };
    case "json-schema": {
      const wish = `with JSON of this form and nothing else: ${describeSchema(format.schema)}`;
      return { text: "json", check: jsonCheck(format.schema), wish };
    }
    default:
      return {
        text: format.type === "grammar" ? "grammar" : "free",
        check: () => undefined,
        wish: undefined,
      };
  }
}

function wholeGrammar(format: AnswerFormat): string | undefined {
  if (format.type === "text") return undefined;
  if (format.type === "grammar") {
    // The engine takes an empty one for none, and the answer would be free.
    if (format.grammar.trim() !== "") return format.grammar;
    throw new AppError("USAGE", "The grammar is empty.", { hint: 'It needs a rule named "root".' });
  }
  const builder = createGrammarBuilder();
  return builder.print(addText(builder, format));
}

/** Adds the rule of an answer that is no call. */
function addText(builder: GrammarBuilder, format: AnswerFormat): string {
  if (format.type !== "json-object" && format.type !== "json-schema") return addFreeText(builder);
  const value = builder.schema("value", format.type === "json-schema" ? format.schema : ANY_OBJECT);
  // SentencePiece models like to begin with a piece that carries a space.
  return `space ${value}`;
}

function checkSize({ tools = [], format }: AnswerRequest): void {
  const schemas = tools.map(({ parameters }) => parameters ?? {});
  if (format?.type === "json-schema") schemas.push(format.schema);
  const characters = JSON.stringify(schemas).length;
  if (characters > MAX_SCHEMA_CHARACTERS)
    throw new AppError("TOO_LARGE", `The schemas have ${characters} characters in all.`, {
      hint: `Up to ${MAX_SCHEMA_CHARACTERS} can be used in one request.`,
    });
  if (format?.type === "grammar" && format.grammar.length > MAX_GRAMMAR_CHARACTERS)
    throw new AppError("TOO_LARGE", `The grammar has ${format.grammar.length} characters.`, {
      hint: `Up to ${MAX_GRAMMAR_CHARACTERS} can be used.`,
    });
}
