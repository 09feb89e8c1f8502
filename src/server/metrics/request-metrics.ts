/** Counters and histograms of requests; they only ever grow. */

import { Counter, Histogram, type Registry } from "prom-client";
import type { RequestOutcome, ServerMetrics } from "./server-metrics.ts";

/** From an answer out of the cache to a long prompt on a CPU. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Adds the metrics to the registry. */
export function requestMetrics(registry: Registry): Pick<ServerMetrics, "observe" | "observeLoad"> {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Histogram({ name, help, labelNames, buckets: SECONDS, registers });

  const requests = counter("assay_requests_total", "Requests that are over, by how they ended.", [
    "route",
    "status",
    "error",
  ]);
  const seconds = histogram("assay_request_duration_seconds", "Seconds from a request to its reply's end.", [
    "route",
  ]);
  const firstToken = histogram(
    "assay_time_to_first_token_seconds",
    "Seconds from a request to the first piece of its answer.",
    ["model"],
  );
  const prompt = counter("assay_prompt_tokens_total", "Tokens of prompts, from the cache or computed.", [
    "model",
  ]);
  const cached = counter("assay_cached_tokens_total", "Tokens of prompts that the cache had already.", [
    "model",
  ]);
  const completion = counter("assay_completion_tokens_total", "Tokens of answers.", ["model"]);
  const findings = counter("assay_guard_findings_total", "Glitch tokens found in prompts.", ["model"]);
  const rewrites = counter("assay_guard_rewrites_total", "Stretches of prompts written in other tokens.", [
    "model",
  ]);
  const refusals = counter("assay_guard_refusals_total", "Requests that the guard refused.");
  const routed = counter("assay_routed_requests_total", "Requests whose model was chosen here, and why.", [
    "model",
    "reason",
  ]);
  const escalations = counter(
    "assay_escalations_total",
    "Answers of a model that were given up for one of another model.",
    ["model"],
  );
  const loads = counter("assay_model_loads_total", "Times that a model was loaded, or could not be.", [
    "model",
    "result",
  ]);
  const loading = histogram("assay_model_load_duration_seconds", "Seconds that loading a model took.", [
    "model",
  ]);
  // Shown as 0 before the first one: a rate over a metric that is missing is no rate.
  refusals.inc(0);

  return {
    observe({ route, status, error, model, usage, guard, routing, firstTokenMs, totalMs }: RequestOutcome) {
      requests.inc({ route, status, error });
      seconds.observe({ route }, totalMs / 1_000);
      if (error === "GUARD_REFUSED") refusals.inc();
      if (model === undefined) return;
      if (firstTokenMs !== undefined) firstToken.observe({ model }, firstTokenMs / 1_000);
      prompt.inc({ model }, usage?.promptTokens ?? 0);
      cached.inc({ model }, usage?.cachedTokens ?? 0);
      completion.inc({ model }, usage?.completionTokens ?? 0);
      findings.inc({ model }, guard?.findings.length ?? 0);
      rewrites.inc({ model }, guard?.replaced ?? 0);
      if (routing !== undefined) routed.inc({ model, reason: routing.reason });
      for (const before of routing?.escalatedFrom ?? []) escalations.inc({ model: before });
    },
    observeLoad({ model, seconds: took, ok }) {
      loads.inc({ model, result: ok ? "loaded" : "failed" });
      if (ok) loading.observe({ model }, took);
    },
  };
}
