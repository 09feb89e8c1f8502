/** `assay models repair --dry-run`: what would be written where, and whether there is room for it. */

import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext } from "../context.ts";
import { type Column, formatTable } from "../table.ts";
import { gib } from "../units.ts";

const COLUMNS: readonly Column[] = [
  { title: "tensor" },
  { title: "type" },
  { title: "shape", align: "right" },
  { title: "offset", align: "right" },
  { title: "bytes", align: "right" },
  { title: "from" },
];

/** Prints the plan; without an output the folder of the input is looked at for room. */
export async function showRepairPlan(
  { json, terminal, logger }: CliContext,
  input: string,
  output: string | undefined,
): Promise<undefined> {
  const { planRepair, readGguf } = await import("../../models/index.ts");
  const plan = planRepair(await readGguf(input));
  const folder = dirname(resolve(output ?? input));
  const free = await freeSpace(folder);
  if (json) {
    const head = {
      schema: 1,
      kind: "repair-plan",
      input,
      output: output ?? null,
      needed: plan !== undefined,
    };
    const room = { bytes: plan?.layout.fileSize ?? 0, freeDisk: free ?? null };
    const tensors = plan?.tensors.map(({ name, type, shape, offset, sizeBytes, pieces }) => ({
      ...{ name, type, shape, offset, bytes: sizeBytes },
      pieces: pieces.map((piece) => ({
        name: piece.name,
        file: plan.source.shards[piece.shard]!.path,
        offset: piece.offset,
        bytes: piece.sizeBytes,
      })),
    }));
    const { layers = 0, experts = 0, changes = [], warnings = [] } = plan ?? {};
    const what = { layers, experts, dataOffset: plan?.layout.dataOffset ?? null, changes, warnings };
    terminal.print(JSON.stringify({ ...head, ...room, ...what, tensors: tensors ?? [] }));
    return;
  }
  if (!plan) {
    terminal.print(`${visibleToken(input)} needs no repair: nothing would be written.`);
    return;
  }
  for (const warning of plan.warnings) logger.warn(warning);
  const rows = plan.tensors.map(({ name, type, shape, offset, sizeBytes, pieces }) => [
    visibleToken(name),
    type,
    shape.join(" x "),
    String(offset),
    String(sizeBytes),
    pieces.length === 1 ? "as it is" : `${visibleToken(pieces[0]!.name)} … ${pieces.length - 1}`,
  ]);
  const room =
    free === undefined
      ? `${visibleToken(folder)} cannot be looked at`
      : `${gib(free)} free in ${visibleToken(folder)}`;
  terminal.print(
    [
      formatTable(COLUMNS, rows),
      "",
      ...plan.changes,
      `${plan.tensors.length} tensors of ${plan.source.tensors.length}; ${plan.layout.fileSize} bytes (${gib(plan.layout.fileSize)}) to write, ${room}. Nothing was written.`,
    ].join("\n"),
  );
}

async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
