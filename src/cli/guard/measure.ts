/** `assay guard measure`: how many glitch tokens the guard repairs on this model. */

import { AppError } from "../../errors.ts";
import type { RepairGroup, RepairMeasure, RepairShare } from "../../glitch/index.ts";
import { formatShare } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { formatTable } from "../table.ts";
import { guardHead, withGuardedModel } from "./session.ts";

export type GuardMeasureOptions = SharedOptions & { run?: string; texts?: number };

export async function runGuardMeasure(
  context: CliContext,
  options: GuardMeasureOptions,
  argument?: string,
): Promise<undefined> {
  await withGuardedModel(context, argument, options, async (session) => {
    const { measureRepair } = await import("../../glitch/index.ts");
    const { json, terminal, signal, config } = context;
    const { model, vocabulary, guardVocabulary, source, textOf } = session;
    if (source.result === undefined) throw new AppError("USAGE", "A measure needs a run.");
    const measure = await measureRepair({
      model,
      vocabulary,
      guardVocabulary,
      result: source.result,
      seed: config.seed,
      most: options.texts,
      signal,
      onEvent: terminal.onEvent,
    });
    if (json)
      return terminal.print(
        JSON.stringify({ ...guardHead("guard-measure", session), seed: config.seed, ...measure }),
      );
    terminal.print(await describe(measure, textOf));
  });
  return undefined;
}

/** Broken texts shown; --json has all. */
const SHOWN = 12;

async function describe({ summary, broken }: RepairMeasure, textOf: (id: number) => string): Promise<string> {
  const { REPAIR_REASONS } = await import("../../glitch/index.ts");
  const groups: [string, RepairGroup][] = [
    ["the token itself", summary.unguarded],
    ["guarded", summary.guarded],
    ["  no byte tokens", summary.withoutByteTokens],
    ["  with byte tokens", summary.withByteTokens],
    ["ordinary texts, as many pieces", summary.controls],
  ];
  const prompts = summary.prompts.map(
    ({ prompt, passRate, controls, kept }) =>
      `${prompt}: ${formatShare(passRate)} of ${controls} controls${kept ? "" : ", dropped"}`,
  );
  const parts = [
    `Given back by most of ${summary.keptPrompts.length} prompts that had no part in the verdicts.`,
    formatTable(
      [{ title: "text" }, { title: "given back", most: 60 }, { title: "by every prompt", most: 60 }],
      groups.map(([name, { repaired, everyPrompt }]) => [
        name,
        describeShare(repaired),
        describeShare(everyPrompt),
      ]),
    ),
    formatTable(
      [
        { title: "pieces", align: "right" },
        { title: "guarded", most: 60 },
        { title: "ordinary texts", most: 60 },
      ],
      summary.byPieces.map(({ pieces, guarded, controls }) => [
        String(pieces),
        describeShare(guarded),
        describeShare(controls),
      ]),
    ),
    `Prompts: ${prompts.join("; ")}.`,
  ];
  if (broken.length > 0) {
    const rows = broken
      .slice(0, SHOWN)
      .map(({ id, text, pieces, reasons, replies }) => [
        String(id),
        text,
        pieces.map(textOf).join(" + "),
        visibleToken(Object.values(replies)[0] ?? ""),
        reasons.map((reason) => REPAIR_REASONS[reason]).join("; "),
      ]);
    const columns = [
      { title: "id", align: "right" },
      { title: "still broken" },
      { title: "pieces" },
      { title: "reply", most: 20 },
      { title: "why", most: 120 },
    ] as const;
    parts.push(formatTable(columns, rows));
    if (broken.length > SHOWN) parts.push(`… and ${broken.length - SHOWN} more with --json.`);
  }
  return parts.join("\n\n");
}

function describeShare({ hits, of, estimate, low, high }: RepairShare): string {
  if (of === 0) return "none";
  return `${hits} of ${of}, ${formatShare(estimate)} [${formatShare(low)}, ${formatShare(high)}]`;
}
