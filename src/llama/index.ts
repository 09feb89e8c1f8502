// llama.cpp's C API through koffi: find the library, structs, model, context, sampler, quantise, dequantise.
// Not here: anything about prompts, scheduling or model files beyond what llama.cpp itself reads (engine/, models/).
// Start at library.ts, then model.ts and context.ts.

export { type BufferSizes, readBufferLog } from "./buffer-log.ts";
export { createContext, type LlamaContext, type LlamaContextOptions } from "./context.ts";
export { dequantise, type RowDecoder, rowDecoder } from "./dequantise.ts";
export { type DryLoad, dryLoad } from "./dry-load.ts";
export { cpuVariant, type Device, type LlamaLibrary, loadLibrary, PINNED_VERSION } from "./library.ts";
export {
  addOnPackage,
  findLibraryFolder,
  GPU_CHOICES,
  type GpuChoice,
  LIBRARY_PACKAGES,
  type LibraryFolder,
} from "./library-folder.ts";
export { type LlamaModel, type LlamaModelOptions, loadModel } from "./model.ts";
export { completePlacement, DEFAULT_PLACEMENT, type Placement, type PlacementWishes } from "./placement.ts";
export { QUANT_TYPES, type QuantType } from "./quant-types.ts";
export { type QuantiseOptions, quantiseFile } from "./quantise.ts";
export { createSampler, type Sampler, type SamplerOptions } from "./sampler.ts";
export { readSequenceState, type SequenceStateForm } from "./sequence-state.ts";
