/** A measured server as a versioned document, of the form that every `npm run bench:*` has. */

import type { ServingBench } from "../measure/index.ts";
import type { BenchMachine } from "./mining-bench-json.ts";

/** The document of `assay bench serve --json`. A value of null was not measured. */
export function servingBenchDocument(
  { results, model, plan, status, threads, peer }: ServingBench,
  machine: BenchMachine,
) {
  return {
    schema: 1,
    kind: "bench",
    name: "serve",
    status,
    machine,
    plan,
    threads,
    model,
    peer: peer ?? null,
    results: results.map(({ name, unit, value, baseline, ratio, measured }) => ({
      name,
      model: model.name,
      value: value?.median ?? null,
      unit,
      baseline: baseline?.median ?? null,
      ratio: ratio?.median ?? null,
      runs: value?.runs ?? 0,
      min: value?.min ?? null,
      max: value?.max ?? null,
      ...(ratio && { ratioMin: ratio.min, ratioMax: ratio.max }),
      measured,
    })),
  };
}
