/** RAM and GPU memory of this machine, for the question whether a model fits. No library is loaded for it. */

import { execFileSync } from "node:child_process";
import { type GpuFacts, type MachineFacts, memoryFacts } from "../models/index.ts";
import { visibleToken } from "../visible-token.ts";
import { gib } from "./units.ts";

const TIMEOUT_MS = 5_000;
const QUERY = ["--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"];

export function machineFacts(): MachineFacts {
  return { ram: memoryFacts(), gpus: nvidiaGpus() };
}

/** Lines of "NVIDIA L4, 22563, 23034" (MiB), as nvidia-smi answers; others are passed over. */
export function parseGpus(output: string): GpuFacts[] {
  return output.split("\n").flatMap((line) => {
    const [, name, free, total] = /^(.+), *(\d+), *(\d+)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name: visibleToken(name), free: Number(free) * 2 ** 20, total: Number(total) * 2 ** 20 }];
  });
}

/** "11.20 of 15.62 GiB of RAM are free; NVIDIA L4: 22.03 of 22.49 GiB free" */
export function describeMachineFacts({ ram, gpus }: MachineFacts): string {
  const cards = gpus.map(({ name, free, total }) => `${name}: ${gib(free)} of ${gib(total)} free`);
  return [
    `${gib(ram.available)} of ${gib(ram.total)} of RAM are free`,
    ...(cards.length > 0 ? cards : ["no NVIDIA GPU"]),
  ].join("; ");
}

function nvidiaGpus(): GpuFacts[] {
  try {
    const output = execFileSync("nvidia-smi", QUERY, {
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return parseGpus(output);
  } catch {
    return []; // No such program: no such GPU.
  }
}
