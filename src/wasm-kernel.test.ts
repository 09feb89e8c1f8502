import { expect, it } from "vitest";
import { ensureBytes, type WasmMemory, wasmKernel } from "./wasm-kernel.ts";

/** (module (memory (export "memory") 1)) */
const ONE_PAGE = "AGFzbQEAAAAFAwEAAQcKAQZtZW1vcnkCAA==";

it("gives every instance a memory of its own", () => {
  const instantiate = wasmKernel<{ memory: WasmMemory }>(ONE_PAGE);
  const [one, other] = [instantiate(), instantiate()];
  new Uint8Array(one.memory.buffer)[0] = 7;
  expect(new Uint8Array(other.memory.buffer)[0]).toBe(0);
});

it("grows memory to hold what is asked for, in whole pages, and keeps what it held", () => {
  const { memory } = wasmKernel<{ memory: WasmMemory }>(ONE_PAGE)();
  new Uint8Array(memory.buffer)[0] = 7;
  ensureBytes(memory, 65_536);
  expect(memory.buffer.byteLength).toBe(65_536);
  ensureBytes(memory, 65_537);
  ensureBytes(memory, 1);
  expect(memory.buffer.byteLength).toBe(2 * 65_536);
  expect(new Uint8Array(memory.buffer)[0]).toBe(7);
});
