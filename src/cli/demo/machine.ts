/** Step 1 of the demo: what this machine has, and which models it can hold. */

import { estimateMemory, KNOWN_MODELS, kvBytesPerToken } from "../../models/index.ts";
import { availableMemory, processor, totalMemory } from "../system-facts.ts";
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

/** Computes; nothing is loaded. */
export function lookAtMachine(): MachineFigures {
  const { name, cores } = processor();
  const availableBytes = availableMemory();
  return {
    processor: name,
    cores,
    memoryBytes: totalMemory(),
    availableBytes,
    models: KNOWN_MODELS.map((model) => {
      const context = Math.min(CONTEXT, model.contextTrained);
      const { weights, kvCache, total } = estimateMemory(model, { context });
      return {
        name: model.title,
        quantisation: model.quantisation,
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
  const perToken = kvBytesPerToken(KNOWN_MODELS[0]!) / 1024;
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
