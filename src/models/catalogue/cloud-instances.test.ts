import fc from "fast-check";
import { expect, it } from "vitest";
import { CLOUD_INSTANCES, smallestInstances } from "./cloud-instances.ts";

const GIB = 2 ** 30;
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

it("finds an instance for Mixtral in its three sizes", () => {
  expect(names(smallestInstances(27.2 * GIB).cpu)).toEqual(["r7i.xlarge", "e2-highmem-4", "Standard_E4s_v5"]);
  expect(names(smallestInstances(27.2 * GIB).gpu)).toEqual([
    "g6e.xlarge",
    "a2-highgpu-1g",
    "Standard_NC24ads_A100_v4",
  ]);
  expect(names(smallestInstances(46.9 * GIB).gpu)[0]).toBe("p5.4xlarge");
});

it("answers with none where none is large enough", () => {
  expect(smallestInstances(1_000 * GIB)).toEqual({ cpu: [], gpu: [] });
});

it("lists them smallest first, so that the first that holds a model is the smallest", () => {
  for (const cloud of ["AWS", "GCP", "Azure"]) {
    const own = CLOUD_INSTANCES.filter((it) => it.cloud === cloud);
    const ram = own.flatMap((it) => (it.gpu ? [] : [it.ram]));
    const gpu = own.flatMap((it) => it.gpu?.memory ?? []);
    expect(ram).toEqual(ram.toSorted((a, b) => a - b));
    expect(gpu).toEqual(gpu.toSorted((a, b) => a - b));
    expect(ram.length * gpu.length).toBeGreaterThan(0);
  }
});

it("never names an instance that is too small", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 * GIB }), (bytes) => {
      const { cpu, gpu } = smallestInstances(bytes);
      for (const it of cpu) expect(it.ram * GIB).toBeGreaterThan(bytes);
      for (const it of gpu) expect(it.gpu!.memory * GIB).toBeGreaterThan(bytes);
    }),
  );
});
