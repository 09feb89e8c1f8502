/**
 * Small WebAssembly modules, for loops that need vector instructions, which plain JavaScript lacks. Their sources
 * are .wat files; the bytes are embedded as base64, so that there is nothing to find or to compile at run time.
 * Processors that llama.cpp runs on have what WebAssembly's vectors ask for, so nothing falls back.
 */

/** TypeScript knows it from browsers' libraries alone, whose other names nothing here may use. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

/** Memory of one instance. Growing it detaches every view of its buffer. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE_BYTES = 65_536;

/**
 * Makes a function that gives a new instance each time, with a memory of its own; the bytes are compiled once,
 * at its first call.
 *
 * @param base64 a module without imports
 */
export function wasmKernel<Exports extends { memory: WasmMemory }>(base64: string): () => Exports {
  let module: object | undefined;
  return () => {
    module ??= new WebAssembly.Module(Buffer.from(base64, "base64"));
    return new WebAssembly.Instance(module).exports as Exports;
  };
}

/** Grows a memory, where it is smaller, to hold so many bytes. */
export function ensureBytes(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
