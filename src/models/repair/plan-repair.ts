/**
 * What a repair will write, worked out from the header alone: which tensors, where each of them lies in the
 * new file, and from which pieces of the old one it is made.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { GgmlTypeName } from "../gguf/ggml-types.ts";
import type { Gguf, GgufTensor } from "../gguf/gguf.ts";
import { type GgufLayout, layOutGguf } from "../gguf/lay-out-gguf.ts";
import { splitExpert } from "../gguf/legacy-experts.ts";
import { type RepairedMetadata, repairedMetadata } from "./repaired-metadata.ts";

export interface PlannedTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** ggml order; merged tensors have the experts last: [columns, rows, experts]. */
  readonly shape: readonly number[];
  /** First byte in the new file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Tensors of the old file whose bytes follow each other in the new one: experts by number, or one. */
  readonly pieces: readonly GgufTensor[];
}

export interface RepairPlan extends RepairedMetadata {
  readonly source: Gguf;
  readonly layout: GgufLayout;
  /** In the order of the new file. */
  readonly tensors: readonly PlannedTensor[];
  /** Layers whose experts are merged, and how many experts each has. */
  readonly layers: number;
  readonly experts: number;
}

/**
 * Plans a repair; reads nothing.
 * @returns undefined for a file that needs none
 * @throws MODEL_INVALID for experts that are missing, of different shapes or there twice
 * @throws UNSUPPORTED for experts of different quantisations in one layer: one tensor has one type
 */
export function planRepair(source: Gguf): RepairPlan | undefined {
  const groups = groupExperts(source);
  const [first] = groups.values();
  if (first === undefined) return undefined;
  const experts = first.pieces.length;
  const names = new Set(source.tensors.map(({ name }) => name));
  for (const group of groups.values()) {
    checkGroup(source, group, experts);
    if (names.has(group.name)) throw invalid(source, `${group.name} is there both merged and split`);
  }

  const merged = source.tensors.flatMap((tensor): Omit<PlannedTensor, "offset">[] => {
    const found = splitExpert(tensor.name);
    if (!found) return [{ ...tensor, pieces: [tensor] }];
    const { pieces } = groups.get(found.merged)!;
    // One tensor for all of them, where the first expert was.
    if (found.expert !== 0) return [];
    const [columns = 1, rows = 1] = tensor.shape;
    const sizeBytes = experts * tensor.sizeBytes;
    return [{ name: found.merged, type: tensor.type, shape: [columns, rows, experts], sizeBytes, pieces }];
  });
  const metadata = repairedMetadata(source, experts);
  const layout = layOutGguf(metadata.metadata, merged);
  const tensors = merged.map((tensor, index) => ({ ...tensor, offset: layout.places[index]!.offset }));
  const layers = new Set([...groups.values()].map(({ layer }) => layer)).size;
  return { ...metadata, source, layout, tensors, layers, experts };
}

/** The experts of one matrix of one layer. */
interface ExpertGroup {
  /** Of the tensor that they will make. */
  readonly name: string;
  readonly layer: number;
  /** By number of expert. */
  readonly pieces: readonly GgufTensor[];
}

function groupExperts(source: Gguf): Map<string, ExpertGroup> {
  const found = source.tensors.flatMap((tensor) => {
    const expert = splitExpert(tensor.name);
    return expert ? [{ ...expert, tensor }] : [];
  });
  const groups = new Map<string, { name: string; layer: number; pieces: GgufTensor[] }>();
  for (const { merged: name, layer, expert, tensor } of found.toSorted((a, b) => a.expert - b.expert)) {
    const group = groups.get(name) ?? { name, layer, pieces: [] };
    if (expert !== group.pieces.length) throw invalid(source, `${name} lacks expert ${group.pieces.length}`);
    group.pieces.push(tensor);
    groups.set(name, group);
  }
  return groups;
}

function checkGroup(source: Gguf, { name, pieces }: ExpertGroup, experts: number): void {
  if (pieces.length !== experts)
    throw invalid(source, `${name} would have ${pieces.length} experts, another tensor has ${experts}`);
  const [first] = pieces as [GgufTensor];
  const odd = pieces.find(({ shape }) => !isSameMatrix(shape, first.shape));
  if (odd) throw invalid(source, `${first.name} is [${first.shape}], ${odd.name} is [${odd.shape}]`);
  if (pieces.every(({ type }) => type === first.type)) return;
  const list = pieces.map((piece) => `${piece.name} ${piece.type}`).join(", ");
  throw new AppError(
    "UNSUPPORTED",
    `The experts of ${name} have different quantisations and cannot be merged without changing weights: ${list}.`,
    {
      hint: "Quantise the model again from its float weights, or get a newer conversion.",
      details: { tensors: pieces.map((piece) => ({ name: piece.name, type: piece.type })) },
    },
  );
}

/** A matrix; GGUF files of old sometimes carry dimensions of 1 behind it. */
function isSameMatrix(shape: readonly number[], other: readonly number[]): boolean {
  const isMatrix = shape.length >= 2 && shape.slice(2).every((size) => size === 1);
  return isMatrix && shape[0] === other[0] && shape[1] === other[1];
}

function invalid(source: Gguf, problem: string): AppError {
  return new AppError("MODEL_INVALID", `${source.path} cannot be repaired: ${visibleToken(problem)}.`, {
    hint: "Download the file again, or get a newer conversion of the model.",
  });
}
