/** The model is open: what it is, and what that took. */

import type { IntegrationCheck } from "../check.ts";
import { bytes, count } from "../words.ts";

export const loadCheck: IntegrationCheck = {
  id: "load",
  asks: "how long the model takes to open, and what it is",
  run: async ({ model: { info }, loadSeconds }) => {
    const { architecture, experts, expertsUsed, quantisation, parameters, sizeBytes, context } = info;
    const kind = experts > 0 ? `${experts} experts, ${expertsUsed} used` : "dense";
    return {
      status: "ok",
      message:
        `${architecture}, ${kind}, ${count(parameters)} weights in ` +
        `${quantisation}, ${bytes(sizeBytes)}, context ${count(context)}`,
      seconds: loadSeconds,
      figures: { loadSeconds, sizeBytes, parameters, context },
    };
  },
};
