/** Step 1 of the demo: what this machine has, and which models it can hold. */

import { estimateMemory, findEntry, kvBytesPerToken, memoryFacts } from "../../models/index.ts";
import { processor } from "../system-facts.ts";
import { gib } from "../units.ts";

export interface MachineFigures {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly availableBytes: number;
  readonly models: readonly {
    name: string;
    quantisation: string;
    context: number;
    weightsBytes: number;
    cacheBytes: number;
    totalBytes: number;
    fits: boolean;
  }[];
}

const CONTEXT = 4096;
/** What users ask for first. */
const MODELS = ["mixtral-8x7b-instruct", "tinyllama-1.1b-chat"].map((name) => findEntry(name)!);

/** Computes; nothing is loaded. */
export function lookAtMachine(): MachineFigures {
  const { name, cores } = processor();
  const { available: availableBytes, total: memoryBytes } = memoryFacts();
  return {
    processor: name,
    cores,
    memoryBytes,
    availableBytes,
    models: MODELS.map(({ title, quantisation, shape }) => {
      const context = Math.min(CONTEXT, shape!.contextTrained);
      const { weights, kvCache, total } = estimateMemory(shape!, { context });
      return {
        name: title,
        quantisation,
        context,
        weightsBytes: weights,
        cacheBytes: kvCache,
        totalBytes: total,
        fits: total <= availableBytes,
      };
    }),
  };
}

export function describeMachine({
  processor: name,
  cores,
  memoryBytes,
  availableBytes,
  models,
}: MachineFigures): string[] {
  const perToken = kvBytesPerToken(MODELS[0]!.shape!) / 1024;
  return [
    `${name}, ${cores} cores, ${gib(memoryBytes)} of memory, ${gib(availableBytes)} free.`,
    ...models.map(
      (model) =>
        `${model.name} ${model.quantisation} needs ${gib(model.totalBytes)}: ${gib(model.weightsBytes)} of weights, ` +
        `${gib(model.cacheBytes)} of cache for ${model.context.toLocaleString("en-US")} tokens. ${model.fits ? "It fits." : "It does not fit here."}`,
    ),
    `(Mixtral's cache grows by ${perToken} KiB a token. The bundled lab-moe has its architecture and fits anywhere.)`,
  ];
}
