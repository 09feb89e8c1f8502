/** `assay guard scan`: known glitch tokens of a text and where they are. */

import { ERROR_CODES } from "../../errors.ts";
import type { GuardFinding, TextAlignment, TextPlace } from "../../glitch/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { readGuardInput } from "./input.ts";
import { guardHead, withGuard } from "./session.ts";
import type { GuardSourceOptions } from "./source.ts";

export type GuardScanOptions = GuardSourceOptions & SharedOptions & { text?: string; failOn?: "found" };

/** A finding as it is shown; without a place where the tokenizer changed the text. */
interface PlacedFinding extends Partial<TextPlace> {
  readonly id: number;
  readonly text: string;
  /** Position among the tokens of the text. */
  readonly index: number;
  /** The token in brackets and what stands around it on its line. */
  readonly context?: string;
}

export async function runGuardScan(
  context: CliContext,
  options: GuardScanOptions,
  first?: string,
  second?: string,
): Promise<number> {
  const input = await readGuardInput(options, first, second);
  return withGuard(context, input.argument, options, async (session) => {
    const { model, guard, guardVocabulary } = session;
    const { json, terminal, logger } = context;
    const { alignText } = await import("../../glitch/index.ts");
    const ids = await model.tokenize(input.text);
    const places = alignText(input.text, ids, guardVocabulary);
    if (places === undefined)
      logger.warn("The tokenizer changes this text: places are positions among the tokens.");
    const bytes = new TextEncoder().encode(input.text);
    const findings = guard.scan(ids).map((finding) => place(finding, bytes, places));
    if (json)
      terminal.print(
        JSON.stringify({
          ...guardHead("guard-scan", session),
          input: input.name,
          tokens: ids.length,
          findings,
        }),
      );
    else if (findings.length === 0) terminal.note(`No banned token among ${ids.length}.`);
    else {
      const row = ({ line, column, byte, index, id, text, context: around }: PlacedFinding) => [
        line === undefined ? `token ${index}` : `${line}:${column}`,
        byte === undefined ? "" : String(byte),
        String(id),
        text,
        around ?? "",
      ];
      terminal.print(formatTable(COLUMNS, findings.slice(0, SHOWN).map(row)));
      if (findings.length > SHOWN) terminal.print(`… and ${findings.length - SHOWN} more with --json.`);
    }
    return options.failOn === "found" && findings.length > 0 ? ERROR_CODES.FINDINGS.exit : 0;
  });
}

const COLUMNS = [
  { title: "place" },
  { title: "byte", align: "right" },
  { title: "id", align: "right" },
  { title: "token" },
  { title: "context", most: 80 },
] as const;

/** Rows for people; a megabyte may hold a hundred thousand findings. */
const SHOWN = 1_000;
/** Bytes of context on each side. */
const AROUND = 24;
const NEWLINE = 0x0a;

function place(
  { id, index, byteStart, byteEnd, text }: GuardFinding,
  bytes: Uint8Array,
  places: TextAlignment | undefined,
): PlacedFinding {
  if (places === undefined) return { id, text, index };
  const start = places.placeOf(byteStart);
  const { byte: end } = places.placeOf(byteEnd);
  const isInner = (at: number) => (bytes[at]! & 0xc0) === 0x80;
  let from = start.byte;
  while (from > 0 && bytes[from - 1] !== NEWLINE && (start.byte - from < AROUND || isInner(from))) from--;
  let to = end;
  while (to < bytes.length && bytes[to] !== NEWLINE && (to - end < AROUND || isInner(to))) to++;
  const [before, after] = [bytes.subarray(from, start.byte), bytes.subarray(end, to)].map(visibleToken);
  return { ...start, id, text, index, context: `${before}[${text}]${after}` };
}
