/** A comparison of models as a versioned document. */

import type { ModelBench } from "../measure/index.ts";
import type { BenchMachine } from "./mining-bench-json.ts";
import { modelBenchNotes } from "./model-bench-text.ts";

/** The document of `assay bench models --json`. Speeds are tokens a second, sizes bytes, waits milliseconds. */
export function modelBenchDocument(bench: ModelBench, machine: BenchMachine) {
  const { status, plan, models } = bench;
  return { schema: 1, kind: "bench-models", status, machine, plan, models, notes: modelBenchNotes(bench) };
}
