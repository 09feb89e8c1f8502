// What users and we test with: model files of any shape, written in seconds.
// Not here: anything that the program itself needs to run, but for the model that `bench serve` measures with.
// Start at gguf-random-model.ts.

export { type GgufToWrite, type TensorToWrite, writeGguf } from "../models/index.ts";
export { type EmbeddingFileOptions, writeEmbeddingFile } from "./gguf-embedding-file.ts";
export { type RandomModelOptions, writeRandomModel } from "./gguf-random-model.ts";
export { type SourceFolderOptions, writeSourceFolder } from "./gguf-source-folder.ts";
export { type SparseMixtralOptions, writeSparseMixtral } from "./gguf-sparse-mixtral.ts";
export { syntheticPieces, syntheticVocabulary } from "./gguf-vocabulary.ts";
