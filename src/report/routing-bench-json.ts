/** A comparison of ways to route as a versioned document. */

import type { RoutingAnswers, RoutingBench } from "../measure/index.ts";
import type { BenchMachine } from "./mining-bench-json.ts";
import { routingBenchNotes, routingFindings } from "./routing-bench-text.ts";

/** The document of `assay bench route --json`. Qualities and costs are shares of 1. */
export function routingBenchDocument(bench: RoutingBench, machine: BenchMachine, answers: RoutingAnswers) {
  return {
    schema: 1,
    kind: "bench-route",
    machine,
    ...bench,
    findings: routingFindings(bench),
    notes: routingBenchNotes(bench),
    answers: answers.items,
  };
}
