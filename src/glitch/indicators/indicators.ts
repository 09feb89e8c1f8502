/** Indicators from the weights alone: the file is streamed, the model is not loaded. */

import { type Gguf, streamRows } from "../../models/index.ts";
import type { Indicators } from "../evidence.ts";
import { roundFigure } from "../probes/logit.ts";
import { type MatrixFigures, measureMatrix, type RowSource } from "./matrix-figures.ts";
import { readUnitRows, type UnitRows } from "./unit-rows.ts";

/** Figures of both embedding matrices; `output` is `input` where the model ties them. */
export interface IndicatorTable {
  readonly input: MatrixFigures;
  readonly output: MatrixFigures;
  readonly tied: boolean;
  /** The rows themselves, of the matrices that were asked for. */
  readonly rows?: { readonly input?: UnitRows; readonly output?: UnitRows };
}

export interface ReadIndicatorsOptions {
  /** Ids known to be unused; see Vocabulary.knownUnused. */
  unused: readonly number[];
  seed: number;
  /** Also make the sketch of the output rows that the adaptive order needs. @default false */
  sketch?: boolean;
  /** Also keep the rows of these matrices, for orders that walk them. @default none */
  rows?: readonly ("input" | "output")[];
  signal?: AbortSignal | undefined;
}

/** The library that dequantises, as streamRows takes it: this room doesn't know llama.cpp. */
export type RowLibrary = Parameters<typeof streamRows>[0];

const INPUT = "token_embd.weight";
const OUTPUT = "output.weight";

/**
 * Measures both embedding matrices of a GGUF. A file without an output matrix ties it to the input.
 * @throws MODEL_INVALID if there is no input matrix or the file ends early
 */
export async function readIndicators(
  library: RowLibrary,
  gguf: Gguf,
  { signal, ...options }: ReadIndicatorsOptions,
): Promise<IndicatorTable> {
  const source = (name: string): RowSource => {
    const [columns = 0, rows = 0] = gguf.tensors.find((tensor) => tensor.name === name)?.shape ?? [];
    return { rows, columns, stream: () => streamRows(library, gguf, name, { signal }) };
  };
  return measureIndicators(
    source(INPUT),
    gguf.tensors.some(({ name }) => name === OUTPUT) ? source(OUTPUT) : undefined,
    options,
  );
}

/** Measures matrices from any source; `output` undefined ties it to the input. */
export async function measureIndicators(
  input: RowSource,
  output: RowSource | undefined,
  { sketch = false, rows = [], ...options }: Omit<ReadIndicatorsOptions, "signal">,
): Promise<IndicatorTable> {
  const tied = output === undefined;
  const inputFigures = await measureMatrix(input, { ...options, sketch: sketch && tied });
  const outputFigures = output ? await measureMatrix(output, { ...options, sketch }) : inputFigures;
  const figures = { input: inputFigures, output: outputFigures, tied };
  if (rows.length === 0) return figures;
  const keepsInput = rows.includes("input") || (tied && rows.includes("output"));
  const inputRows = keepsInput ? await readUnitRows(input) : undefined;
  const outputRows = rows.includes("output") ? (output ? await readUnitRows(output) : inputRows) : undefined;
  const kept = { ...(inputRows && { input: inputRows }), ...(outputRows && { output: outputRows }) };
  return { ...figures, rows: kept };
}

/** Columns of a table by name: "inputNorm", "outputUnusedDistance" …; those that were measured. */
export function indicatorColumns(table: IndicatorTable): { name: string; values: Float32Array }[] {
  const side = (name: "input" | "output", { norm, meanDistance, meanCosine, unused }: MatrixFigures) => [
    { name: `${name}Norm`, values: norm },
    { name: `${name}MeanDistance`, values: meanDistance },
    { name: `${name}MeanCosine`, values: meanCosine },
    ...(unused
      ? [
          { name: `${name}UnusedDistance`, values: unused.distance },
          { name: `${name}UnusedCosine`, values: unused.cosine },
          { name: `${name}UnusedDistanceNoPc`, values: unused.distanceNoPc },
          { name: `${name}UnusedCosineNoPc`, values: unused.cosineNoPc },
        ]
      : []),
  ];
  return [...(table.tied ? [] : side("output", table.output)), ...side("input", table.input)];
}

/** A function that gives one token's figures as evidence. */
export function indicatorReader(table: IndicatorTable | undefined): (id: number) => Indicators {
  const columns = table ? indicatorColumns(table) : [];
  return (id) =>
    Object.fromEntries(
      columns
        .filter(({ values }) => id < values.length)
        .map(({ name, values }) => [name, roundFigure(values[id]!)]),
    );
}
