/**
 * Common instances of three clouds, by memory: a first orientation, written down without access to the providers'
 * pages and not checked row by row against them (aws.amazon.com/ec2/instance-types, cloud.google.com/compute/docs,
 * learn.microsoft.com/azure/virtual-machines/sizes). No prices: they differ by region and month.
 */

export interface CloudInstance {
  readonly cloud: "AWS" | "GCP" | "Azure";
  readonly name: string;
  /** GiB of RAM. */
  readonly ram: number;
  readonly gpu?: {
    readonly name: string;
    /** GiB that are usable: what nvidia-smi shows, less than the name says. */
    readonly memory: number;
  };
}

const T4 = { name: "T4", memory: 15 };
const A10 = { name: "A10", memory: 22 };
const L4 = { name: "L4", memory: 22 };
const A100 = { name: "A100 40 GB", memory: 39 };
const L40S = { name: "L40S", memory: 44 };
const A100_80 = { name: "A100 80 GB", memory: 79 };
const H100 = { name: "H100 80 GB", memory: 79 };

/** Smallest first, per cloud. */
export const CLOUD_INSTANCES: readonly CloudInstance[] = [
  { cloud: "AWS", name: "t3.medium", ram: 4 },
  { cloud: "AWS", name: "m7i.large", ram: 8 },
  { cloud: "AWS", name: "m7i.xlarge", ram: 16 },
  { cloud: "AWS", name: "r7i.xlarge", ram: 32 },
  { cloud: "AWS", name: "r7i.2xlarge", ram: 64 },
  { cloud: "AWS", name: "r7i.4xlarge", ram: 128 },
  { cloud: "AWS", name: "r7i.8xlarge", ram: 256 },
  { cloud: "AWS", name: "g4dn.xlarge", ram: 16, gpu: T4 },
  { cloud: "AWS", name: "g6.xlarge", ram: 16, gpu: L4 },
  { cloud: "AWS", name: "g6e.xlarge", ram: 32, gpu: L40S },
  { cloud: "AWS", name: "p5.4xlarge", ram: 256, gpu: H100 },
  { cloud: "GCP", name: "e2-medium", ram: 4 },
  { cloud: "GCP", name: "e2-standard-2", ram: 8 },
  { cloud: "GCP", name: "e2-standard-4", ram: 16 },
  { cloud: "GCP", name: "e2-highmem-4", ram: 32 },
  { cloud: "GCP", name: "e2-highmem-8", ram: 64 },
  { cloud: "GCP", name: "e2-highmem-16", ram: 128 },
  { cloud: "GCP", name: "n2-highmem-32", ram: 256 },
  { cloud: "GCP", name: "g2-standard-4", ram: 16, gpu: L4 },
  { cloud: "GCP", name: "a2-highgpu-1g", ram: 85, gpu: A100 },
  { cloud: "GCP", name: "a2-ultragpu-1g", ram: 170, gpu: A100_80 },
  { cloud: "Azure", name: "Standard_B2s", ram: 4 },
  { cloud: "Azure", name: "Standard_D2s_v5", ram: 8 },
  { cloud: "Azure", name: "Standard_D4s_v5", ram: 16 },
  { cloud: "Azure", name: "Standard_E4s_v5", ram: 32 },
  { cloud: "Azure", name: "Standard_E8s_v5", ram: 64 },
  { cloud: "Azure", name: "Standard_E16s_v5", ram: 128 },
  { cloud: "Azure", name: "Standard_E32s_v5", ram: 256 },
  { cloud: "Azure", name: "Standard_NC4as_T4_v3", ram: 28, gpu: T4 },
  { cloud: "Azure", name: "Standard_NV36ads_A10_v5", ram: 440, gpu: A10 },
  { cloud: "Azure", name: "Standard_NC24ads_A100_v4", ram: 220, gpu: A100_80 },
];

/** For the system and this program beside the model, bytes. */
const SYSTEM_BYTES = 1.5 * 2 ** 30;
/** As llama.cpp's own fit leaves free on a GPU (common/common.h, fit_params_target). */
const GPU_MARGIN = 2 ** 30;

/** The smallest instance of each kind and cloud that holds a model of so many bytes; undefined: none of the table. */
export function smallestInstances(
  totalBytes: number,
  instances: readonly CloudInstance[] = CLOUD_INSTANCES,
): { cpu: CloudInstance[]; gpu: CloudInstance[] } {
  const clouds = [...new Set(instances.map(({ cloud }) => cloud))];
  const firstOf = (holds: (instance: CloudInstance) => boolean) =>
    clouds.flatMap((cloud) => instances.find((it) => it.cloud === cloud && holds(it)) ?? []);
  return {
    cpu: firstOf(({ ram, gpu }) => gpu === undefined && totalBytes + SYSTEM_BYTES <= ram * 2 ** 30),
    gpu: firstOf(({ gpu }) => gpu !== undefined && totalBytes + GPU_MARGIN <= gpu.memory * 2 ** 30),
  };
}
