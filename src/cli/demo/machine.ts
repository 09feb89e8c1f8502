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
/** What users ask for first; of Mixtral the conversion of December 2023, which most of them have and which is smaller. */
const MIXTRAL = { ...findEntry("mixtral-8x7b-instruct-2023")!, title: "Mixtral 8x7B Instruct v0.1" };
const MIXTRAL_TODAY = findEntry("mixtral-8x7b-instruct")!;
const MODELS = [MIXTRAL, findEntry("tinyllama-1.1b-chat")!];

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
  const perToken = kvBytesPerToken(MIXTRAL.shape!) / 1024;
  const today = gib(MIXTRAL_TODAY.shape!.sizeBytes);
  return [
    `${name}, ${cores} cores, ${gib(memoryBytes)} of memory, ${gib(availableBytes)} free.`,
    ...models.map(
      (model) =>
        `${model.name} ${model.quantisation} needs ${gib(model.totalBytes)}: ${gib(model.weightsBytes)} of weights, ` +
        `${gib(model.cacheBytes)} of cache for ${model.context.toLocaleString("en-US")} tokens. ${model.fits ? "It fits." : "It does not fit here."}`,
    ),
    `(Mixtral here is the file of December 2023; quantised by today's llama.cpp it has ${today}. Its cache grows by ${perToken} KiB a token.`,
    "The bundled lab-moe has Mixtral's architecture and fits anywhere. More: npx assay models list)",
  ];
}
