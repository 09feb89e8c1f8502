import { expect, it } from "vitest";
import { describeMachineFacts, parseGpus } from "./machine-facts.ts";

const MIB = 2 ** 20;

it("reads what nvidia-smi prints and nothing else", () => {
  const output =
    "NVIDIA L4, 22563, 23034\nNVIDIA H100 80GB HBM3, 81079, 81559\n\nNo devices were found\nx, [N/A], 3\n";
  expect(parseGpus(output)).toEqual([
    { name: "NVIDIA L4", free: 22_563 * MIB, total: 23_034 * MIB },
    { name: "NVIDIA H100 80GB HBM3", free: 81_079 * MIB, total: 81_559 * MIB },
  ]);
  expect(parseGpus("a\u001b[2Jb, 1, 2")[0]!.name).toBe("a\\x1b[2Jb");
});

it("says what is free", () => {
  const ram = { available: 8 * 2 ** 30, total: 16 * 2 ** 30, limit: "machine" as const };
  expect(describeMachineFacts({ ram, gpus: [] })).toBe(
    "8.00 GiB of 16.00 GiB of RAM are free; no NVIDIA GPU",
  );
  const gpus = parseGpus("NVIDIA L4, 1024, 2048");
  expect(describeMachineFacts({ ram, gpus })).toContain("NVIDIA L4: 1.00 GiB of 2.00 GiB free");
});
