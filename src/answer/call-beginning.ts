/**
 * Where the free text ends and a call begins. An answer that begins with `{"tool_calls"` is a call, any other is
 * text; both the grammar and the reader of the stream follow this one rule, so neither can mistake one for the other.
 */

import { type GrammarBuilder, gbnfText } from "../engine/index.ts";

/** The key that makes an object a list of calls. */
export const CALLS_KEY = "tool_calls";

/** JSON's blanks; a model may begin with one. */
const BEFORE_KEY = /^[ \t\r\n]*(\{[ \t\r\n]*)?/;
const BLANKS = "[ \\t\\r\\n]*";
const QUOTED_KEY = JSON.stringify(CALLS_KEY);

/** Whether a text that may go on is the beginning of calls; undefined: it could still be either. */
export function beginsCalls(text: string): boolean | undefined {
  const [opening, brace] = BEFORE_KEY.exec(text)!;
  const rest = text.slice(opening.length);
  if (rest === "") return undefined;
  if (brace === undefined) return false;
  if (rest.startsWith(QUOTED_KEY)) return true;
  return QUOTED_KEY.startsWith(rest) ? undefined : false;
}

/**
 * Adds the rule of every text that is not the beginning of calls, the empty one included: a ladder along the key on
 * which any other character leads into the open.
 * @returns the rule's name
 */
export function addFreeText(builder: GrammarBuilder): string {
  const any = builder.rule("any", "[\\x01-\\U0010FFFF]*");
  let next = "";
  for (const character of [...QUOTED_KEY.slice(1)].reverse()) {
    const on = next && ` | ${gbnfText(character)} ${next}`;
    next = builder.rule("key", `([^${character}] ${any}${on})?`);
  }
  const inside = builder.rule("inside", `${BLANKS} ([^" \\t\\r\\n] ${any} | "\\"" ${next})?`);
  return builder.rule("text", `${BLANKS} ([^{ \\t\\r\\n] ${any} | "{" ${inside})?`);
}
