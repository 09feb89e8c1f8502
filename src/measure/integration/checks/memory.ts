/** The memory that all of this took, against what was predicted before loading. */

import type { IntegrationCheck } from "../check.ts";
import { bytes } from "../words.ts";

/** For this program beside the model: Node's heap, distributions over the vocabulary, the store. */
const SLACK_BYTES = 192 * 2 ** 20;

export const memoryCheck: IntegrationCheck = {
  id: "memory",
  asks: "whether the peak of memory stays within the prediction",
  run: async ({ memory, predictMemory }) => {
    const peakBytes = memory.growth();
    const { ram, gpus, source } = await predictMemory();
    const predictedBytes = ram.mapped + ram.copied + ram.kvCache + ram.compute;
    const onGpu = gpus.reduce((sum, gpu) => sum + gpu.weights + gpu.kvCache + gpu.compute, 0);
    const where = source === "llama.cpp" ? "by llama.cpp's plan" : "estimated from the header";
    const figures = { peakBytes, predictedBytes, slackBytes: SLACK_BYTES, gpuBytes: onGpu, source };
    const gpu = onGpu > 0 ? `, and ${bytes(onGpu)} on the GPU are not measured` : "";
    const message = `Grew by ${bytes(peakBytes)} at most; predicted are ${bytes(predictedBytes)} (${where}) and ${bytes(SLACK_BYTES)} for the program${gpu}`;
    if (peakBytes <= predictedBytes + SLACK_BYTES) return { status: "ok", message, figures };
    return {
      status: "fail",
      message,
      hint: "Leave that much free beside the model, or take less --context; report it with these figures.",
      figures,
    };
  },
};
