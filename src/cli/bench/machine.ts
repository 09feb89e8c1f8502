/** Where a measurement ran, and with what. */

import { PINNED_VERSION } from "../../llama/index.ts";
import { memoryFacts } from "../../models/index.ts";
import type { BenchMachine } from "../../report/index.ts";
import { processor } from "../system-facts.ts";
import { VERSION } from "../version.ts";

/** For documents and reports. */
export function benchMachine(): BenchMachine {
  const { name, cores } = processor();
  return {
    platform: `${process.platform}-${process.arch}`,
    cpu: name,
    cores,
    memoryBytes: memoryFacts().total,
    node: process.version,
  };
}

/** Versions that figures depend on. */
export const BENCH_VERSIONS = { assay: VERSION, "llama.cpp": PINNED_VERSION, node: process.versions.node };
