/** A grammar that is being put together; several schemas may go into one. */

import { LIMITS } from "./limits.ts";
import { unsupported } from "./refusal.ts";
import { rulesIn, SHARED_RULES } from "./shared-rules.ts";

export interface GrammarDraft {
  /** Name -> body, in the order of printing. */
  readonly rules: Map<string, string>;
  /** A free rule name: the stem, numbered from its second use on. */
  readonly fresh: (stem: string) => string;
  /** Rules that llama.cpp will make of the repetitions so far. */
  expanded: number;
}

/** An empty grammar; "root" is nobody's by accident. */
export function createDraft(): GrammarDraft {
  const taken = new Set(["root", ...Object.keys(SHARED_RULES)]);
  const uses = new Map<string, number>();
  return {
    rules: new Map([["root", ""]]),
    expanded: 0,
    fresh(stem) {
      for (let name = stem; ; name = `${stem}-${uses.get(stem)}`) {
        uses.set(stem, (uses.get(stem) ?? 0) + 1);
        if (!taken.has(name)) {
          taken.add(name);
          return name;
        }
      }
    },
  };
}

/**
 * The rules and those shared ones they reach.
 * @throws UNSUPPORTED for a grammar that is too long for llama.cpp to parse in passing
 */
export function printDraft({ rules }: GrammarDraft): string {
  const all = new Map(rules);
  for (const [, body] of all)
    for (const name of rulesIn(body)) if (!all.has(name)) all.set(name, SHARED_RULES[name]!);
  const grammar = Array.from(all, ([name, body]) => `${name} ::= ${body}\n`).join("");
  if (grammar.length <= LIMITS.grammar) return grammar;
  throw unsupported("schema", "#", `makes a grammar of more than ${LIMITS.grammar} characters`);
}
