import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAppError } from "../../src/errors.ts";
import {
  GGML_TYPES,
  type GgmlTypeName,
  type GgufValue,
  readGguf,
  stringList,
} from "../../src/models/index.ts";
import { type TensorToWrite, writeGguf } from "../../src/testing/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-property-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const integer = (type: "uint8" | "int16" | "uint32" | "int32", min: number, max: number) =>
  fc.record({ type: fc.constant(type), value: fc.integer({ min, max }) });

const value: fc.Arbitrary<GgufValue> = fc.oneof(
  integer("uint8", 0, 255),
  integer("int16", -32_768, 32_767),
  integer("uint32", 0, 2 ** 32 - 1),
  integer("int32", -(2 ** 31), 2 ** 31 - 1),
  fc.record({ type: fc.constant("float32" as const), value: fc.float({ noNaN: true }) }),
  fc.record({ type: fc.constant("float64" as const), value: fc.double({ noNaN: true }) }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({
    type: fc.constant("int64" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "grapheme" }) }),
  fc
    .array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 })
    .map((strings): GgufValue => ({ type: "array", of: "string", value: stringList(strings) })),
  fc
    .float32Array({ noNaN: true })
    .map((array): GgufValue => ({ type: "array", of: "float32", value: array })),
  fc.bigInt64Array().map((array): GgufValue => ({ type: "array", of: "int64", value: array })),
);

const typeNames = Object.keys(GGML_TYPES) as GgmlTypeName[];
const tensor: fc.Arbitrary<TensorToWrite> = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 20 }),
    type: fc.constantFrom(...typeNames),
    blocks: fc.integer({ min: 1, max: 3 }),
    rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    byte: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ name, type, blocks, rest, byte }) => {
    const { blockWeights, blockBytes } = GGML_TYPES[type];
    const size = rest.reduce((product, next) => product * next, blocks * blockBytes);
    return { name, type, shape: [blocks * blockWeights, ...rest], data: new Uint8Array(size).fill(byte) };
  });

const model = fc.record({
  metadata: fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== "general.alignment"),
    value,
    { maxKeys: 8 },
  ),
  alignment: fc.constantFrom(undefined, 8, 32, 4_096),
  tensors: fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }),
});

async function write({
  metadata,
  alignment,
  tensors,
}: typeof model extends fc.Arbitrary<infer T> ? T : never) {
  const path = join(folder, "model.gguf");
  const entries = new Map(Object.entries(metadata));
  if (alignment !== undefined) entries.set("general.alignment", { type: "uint32", value: alignment });
  await writeGguf({ path, metadata: entries, tensors });
  return { path, entries };
}

/** Reads bytes as a file; anything but a result or MODEL_INVALID fails the property. */
async function readsOrRefuses(bytes: Uint8Array): Promise<"read" | "refused"> {
  const path = join(folder, "damaged.gguf");
  writeFileSync(path, bytes);
  try {
    await readGguf(path);
    return "read";
  } catch (error) {
    if (isAppError(error) && error.code === "MODEL_INVALID" && error.hint) return "refused";
    throw error;
  }
}

describe("a GGUF file", () => {
  it("reads as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(model, async (input) => {
        const { path, entries } = await write(input);
        const gguf = await readGguf(path);
        expect(gguf.metadata).toEqual(entries);
        const bytes = readFileSync(path);
        expect(gguf.tensors).toHaveLength(input.tensors.length);
        gguf.tensors.forEach(({ name, type, shape, offset, sizeBytes }, index) => {
          const written = input.tensors[index]!;
          expect({ name, type, shape }).toEqual({
            name: written.name,
            type: written.type,
            shape: written.shape,
          });
          expect(new Uint8Array(bytes.subarray(offset, offset + sizeBytes))).toEqual(written.data);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is refused when cut anywhere before its last tensor ends", async () => {
    await fc.assert(
      fc.asyncProperty(
        model,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (input, share) => {
          const { path } = await write(input);
          const bytes = readFileSync(path);
          const { tensors, dataOffset } = await readGguf(path);
          const end = tensors.reduce((last, { offset, sizeBytes }) => Math.max(last, offset + sizeBytes), 0);
          const cut = Math.floor(share * bytes.length);
          const outcome = await readsOrRefuses(bytes.subarray(0, cut));
          // Without tensors only the padding behind the header can be missing.
          if (cut < (tensors.length > 0 ? end : dataOffset - 4_096)) expect(outcome).toBe("refused");
          if (cut >= Math.max(end, dataOffset)) expect(outcome).toBe("read");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is refused at every single cut of one small file", async () => {
    const { path } = await write({
      metadata: {
        "a.words": { type: "array", of: "string", value: stringList(["x", "yz"]) },
        "a.n": { type: "uint64", value: 1n },
      },
      alignment: 8,
      tensors: [{ name: "t", type: "F16", shape: [4], data: new Uint8Array(8) }],
    });
    const bytes = readFileSync(path);
    for (let cut = 0; cut < bytes.length; cut++)
      expect(await readsOrRefuses(bytes.subarray(0, cut))).toBe("refused");
    expect(await readsOrRefuses(bytes)).toBe("read");
  });

  it("with flipped bytes is read or refused, nothing else", async () => {
    const flip = fc.record({ place: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(model, fc.array(flip, { minLength: 1, maxLength: 8 }), async (input, flips) => {
        const { path } = await write(input);
        const bytes = new Uint8Array(readFileSync(path));
        for (const { place, byte } of flips) bytes[place % bytes.length] = byte;
        await readsOrRefuses(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("never makes the reader allocate much more than the file has", async () => {
    const { path } = await write({
      metadata: { "a.words": { type: "array", of: "string", value: stringList(["x", "yz"]) } },
      alignment: undefined,
      tensors: [{ name: "t", type: "F32", shape: [8], data: new Uint8Array(32) }],
    });
    const bytes = new Uint8Array(readFileSync(path));
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    for (let place = 0; place + 8 <= bytes.length; place++)
      for (const claim of [2n ** 31n, 2n ** 40n, 2n ** 53n - 1n, 2n ** 63n]) {
        const changed = bytes.slice();
        new DataView(changed.buffer).setBigUint64(place, claim, true);
        await readsOrRefuses(changed);
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      }
    expect(peak).toBeLessThan(64 * 2 ** 20);
  });
});
