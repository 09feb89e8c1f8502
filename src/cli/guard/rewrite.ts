/** `assay guard rewrite`: the ids of a text without the banned ones, and what was put in their place. */

import { AppError, ERROR_CODES } from "../../errors.ts";
import type { GuardRewrite } from "../../glitch/index.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { readGuardInput } from "./input.ts";
import { type GuardSession, guardHead, withGuard } from "./session.ts";
import type { GuardSourceOptions } from "./source.ts";

export type GuardRewriteOptions = GuardSourceOptions &
  SharedOptions & { text?: string; bos?: true; verify?: true; failOn?: "unrepaired" };

export async function runGuardRewrite(
  context: CliContext,
  options: GuardRewriteOptions,
  first?: string,
  second?: string,
): Promise<number> {
  const input = await readGuardInput(options, first, second);
  return withGuard(context, input.argument, options, async (session) => {
    const { model, guard, guardVocabulary, textOf } = session;
    const { json, terminal, logger } = context;
    const { alignText } = await import("../../glitch/index.ts");
    const given = await model.tokenize(input.text, { bos: options.bos === true });
    const rewrite = guard.rewrite(given);
    if (options.verify) await verify(session, given, rewrite);
    const places = alignText(input.text, given, guardVocabulary);
    let byte = 0;
    const starts = given.map((id) => {
      const start = byte;
      byte += guardVocabulary.bytes[id]!.length;
      return start;
    });
    const placeOf = (index: number) => places?.placeOf(starts[index]!);
    const named = (ids: readonly number[]) => ids.map((id) => ({ id, text: textOf(id) }));
    const replaced = rewrite.replaced.map(({ start, end, before, after }) => {
      return { start, end, ...placeOf(start), before: named(before), after: named(after) };
    });
    const unrepaired = rewrite.unrepaired.map(({ id, index, text }) => {
      return { id, text, index, ...placeOf(index) };
    });
    if (json)
      terminal.print(
        JSON.stringify({
          ...guardHead("guard-rewrite", session),
          input: input.name,
          ids: rewrite.ids,
          replaced,
          unrepaired,
          ...(options.verify && { verified: true }),
        }),
      );
    else if (replaced.length === 0) terminal.note(`Nothing to rewrite among ${given.length} tokens.`);
    else {
      const show = (ids: readonly { id: number; text: string }[]) =>
        ids
          .slice(0, SHOWN_IDS)
          .map(({ id, text }) => `${id} ${text}`)
          .join(", ");
      const rows = replaced
        .slice(0, SHOWN)
        .map(({ start, line, column, before, after }) => [
          line === undefined ? `token ${start}` : `${line}:${column}`,
          show(before),
          show(after),
        ]);
      terminal.print(formatTable(COLUMNS, rows));
      if (replaced.length > SHOWN) terminal.print(`… and ${replaced.length - SHOWN} more with --json.`);
      terminal.note(`${given.length} tokens became ${rewrite.ids.length}; --json prints them.`);
    }
    for (const { id, text, index } of unrepaired.slice(0, SHOWN))
      logger.warn(`Token ${index} stays: the bytes of ${id} ${text} cannot be written without a banned id.`);
    if (options.verify && !json) terminal.note("Verified: the same bytes, and no banned id but those named.");
    return options.failOn === "unrepaired" && unrepaired.length > 0 ? ERROR_CODES.FINDINGS.exit : 0;
  });
}

const COLUMNS = [{ title: "place" }, { title: "before", most: 60 }, { title: "after", most: 100 }] as const;

/** Stretches for people, and ids of one that fit in its column; --json has all. */
const SHOWN = 1_000;
const SHOWN_IDS = 24;

/** Decodes both sequences with the model's own tokenizer and scans the result again. */
async function verify(
  { model, guard }: GuardSession,
  given: readonly number[],
  { ids, unrepaired }: GuardRewrite,
): Promise<void> {
  const [before, after] = await Promise.all([model.detokenize(given), model.detokenize(ids)]);
  const left = guard.scan(ids).length;
  if (before === after && left === unrepaired.length) return;
  throw new AppError("UNSUPPORTED", "The rewritten ids do not decode to the same text.", {
    hint: "The model's tokenizer joins pieces in a way of its own; do not use the guard with it.",
    details: { left, unrepaired: unrepaired.length },
  });
}
