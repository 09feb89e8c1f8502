import { mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSparseMixtral } from "../../testing/index.ts";
import { assertLoadable, describeLegacyExperts } from "./legacy-experts.ts";
import { type GgufValue, numberOf, stringAt, stringList, stringsOf } from "./metadata.ts";
import { readGguf } from "./read-gguf.ts";
import { shardPaths } from "./shard-names.ts";
import { type TensorToWrite, writeGguf } from "./write-gguf.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-gguf-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const METADATA: [string, GgufValue][] = [
  ["general.architecture", { type: "string", value: "llama" }],
  ["a.count", { type: "uint64", value: 2n ** 60n }],
  ["a.share", { type: "float64", value: 0.1 }],
  ["a.small", { type: "int8", value: -3 }],
  ["a.flag", { type: "bool", value: true }],
  ["a.scores", { type: "array", of: "float32", value: Float32Array.of(1, -2.5) }],
  ["a.words", { type: "array", of: "string", value: stringList(["", "über", Uint8Array.of(0xff)]) }],
];

const tensor = (name: string, rows = 2): TensorToWrite => ({
  name,
  type: "F32",
  shape: [3, rows],
  data: new Uint8Array(Float32Array.from({ length: 3 * rows }, (_, index) => index).buffer),
});

/** Writes a file, changes its bytes, and reads it. */
async function readChanged(change: (view: DataView, bytes: Uint8Array) => Uint8Array | undefined) {
  const path = join(folder, "changed.gguf");
  await writeGguf({ path, metadata: METADATA, tensors: [tensor("one"), tensor("two")] });
  const bytes = new Uint8Array(await readFile(path));
  await writeFile(path, change(new DataView(bytes.buffer), bytes) ?? bytes);
  return readGguf(path);
}

describe("readGguf", () => {
  it("gives back what was written, with places in the file", async () => {
    const path = join(folder, "whole.gguf");
    const size = await writeGguf({ path, metadata: METADATA, tensors: [tensor("one"), tensor("two", 4)] });
    const gguf = await readGguf(path);
    expect(new Map(gguf.metadata)).toEqual(new Map(METADATA));
    expect(stringAt(stringsOf(gguf, "a.words")!, 1)).toBe("über");
    expect(gguf).toMatchObject({ path, version: 3, alignment: 32, fileSize: size });
    expect(gguf.tensors).toEqual([
      { name: "one", type: "F32", shape: [3, 2], offset: gguf.dataOffset, sizeBytes: 24, shard: 0 },
      { name: "two", type: "F32", shape: [3, 4], offset: gguf.dataOffset + 32, sizeBytes: 48, shard: 0 },
    ]);
    expect(numberOf(gguf, "a.count")).toBeUndefined();
  });

  it("names what a truncated file lacks", async () => {
    await expect(readChanged((_, bytes) => bytes.subarray(0, -40))).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(/the file ends at byte \d+, but tensor "two" needs \d+/),
      hint: "The file is truncated: download it again.",
    });
  });

  it.each([
    ["another format", /not a GGUF file/, (view: DataView) => view.setUint32(0, 0x04034b50, true)],
    ["a version to come", /version 4/, (view: DataView) => view.setUint32(4, 4, true)],
    ["the first version", /version 1/, (view: DataView) => view.setUint32(4, 1, true)],
    ["the other byte order", /big-endian/, (view: DataView) => view.setUint32(4, 3, false)],
    [
      "too many tensors",
      /a table of 4294967296 tensors needs/,
      (view: DataView) => view.setBigUint64(8, 2n ** 32n, true),
    ],
    [
      "a count beyond 2^53",
      /number of tensors is 18446744073709551615/,
      (view: DataView) => view.setBigUint64(8, 2n ** 64n - 1n, true),
    ],
    [
      "too many entries",
      /metadata entries needs/,
      (view: DataView) => view.setBigUint64(16, 10n ** 9n, true),
    ],
    ["an endless name", /needs/, (view: DataView) => view.setBigUint64(24, 60_000n, true)],
  ])("refuses %s", async (_, message, change) => {
    const reading = readChanged((view) => {
      change(view);
      return undefined;
    });
    await expect(reading).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("refuses overlapping tensors and double names", async () => {
    const secondOffset = (view: DataView, bytes: Uint8Array) => {
      // The last field of the table: the offset of "two", the only 32 there is.
      for (let at = bytes.length - 8; at > 0; at--) if (view.getBigUint64(at, true) === 32n) return at;
      throw new Error("no offset");
    };
    await expect(
      readChanged((view, bytes) => {
        view.setBigUint64(secondOffset(view, bytes), 0n, true);
        return undefined;
      }),
    ).rejects.toMatchObject({ code: "MODEL_INVALID", message: expect.stringContaining("overlap") });
    const path = join(folder, "double.gguf");
    await writeGguf({ path, metadata: METADATA, tensors: [tensor("one"), tensor("one")] });
    await expect(readGguf(path)).rejects.toThrow(/two tensors named "one"/);
    await writeGguf({ path, metadata: METADATA, tensors: [tensor("\u001b[2J"), tensor("\u001b[2J")] });
    await expect(readGguf(path)).rejects.toThrow('named "\\x1b[2J"');
  });

  it("tells a missing file from a folder and an empty file", async () => {
    await expect(readGguf(join(folder, "none.gguf"))).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await expect(readGguf(folder)).rejects.toMatchObject({ code: "MODEL_INVALID" });
    const empty = join(folder, "empty.gguf");
    await writeFile(empty, "");
    await expect(readGguf(empty)).rejects.toMatchObject({ code: "MODEL_INVALID" });
  });

  it("does not allocate what a huge sparse file claims", async () => {
    const path = join(folder, "claims.gguf");
    const file = await open(path, "w");
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, 0x46554747, true);
    header.setUint32(4, 3, true);
    header.setBigUint64(8, 10n ** 9n, true);
    await file.write(new Uint8Array(header.buffer));
    await file.close();
    await truncate(path, 2 ** 36);
    await expect(readGguf(path)).rejects.toThrow(/would make a header of/);
  });
});

describe("shards", () => {
  const split = (no: number, count: number, tensors: number): [string, GgufValue][] => [
    ["split.no", { type: "uint16", value: no }],
    ["split.count", { type: "uint16", value: count }],
    ["split.tensors.count", { type: "int32", value: tensors }],
  ];

  it("are joined, whichever is given", async () => {
    const paths = shardPaths(join(folder, "big-00001-of-00002.gguf"))!;
    await writeGguf({
      path: paths[0]!,
      metadata: [...METADATA, ...split(0, 2, 3)],
      tensors: [tensor("one"), tensor("two")],
    });
    await writeGguf({ path: paths[1]!, metadata: split(1, 2, 3), tensors: [tensor("three")] });
    const gguf = await readGguf(paths[1]!);
    expect(gguf.path).toBe(paths[0]);
    expect(gguf.tensors.map(({ name, shard }) => [name, shard])).toEqual([
      ["one", 0],
      ["two", 0],
      ["three", 1],
    ]);
    expect(gguf.fileSize).toBe(gguf.shards[0]!.fileSize + gguf.shards[1]!.fileSize);
  });

  it("are all needed, in their order", async () => {
    const paths = shardPaths(join(folder, "part-00001-of-00002.gguf"))!;
    await writeGguf({ path: paths[0]!, metadata: split(0, 2, 2), tensors: [tensor("one")] });
    await expect(readGguf(paths[0]!)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining("is missing"),
    });
    await writeGguf({ path: paths[1]!, metadata: split(0, 2, 2), tensors: [tensor("two")] });
    await expect(readGguf(paths[0]!)).rejects.toThrow(/says that it is shard 1 of 2, its name says 2 of 2/);
    await writeGguf({ path: paths[1]!, metadata: split(1, 2, 2), tensors: [tensor("two"), tensor("three")] });
    await expect(readGguf(paths[0]!)).rejects.toThrow(/hold 3 tensors, not 2/);
  });
});

describe("a Mixtral of 26 GB", () => {
  it("with split experts is refused with the cause", async () => {
    const gguf = await readGguf(
      await writeSparseMixtral({ path: join(folder, "legacy.gguf"), layout: "legacy" }),
    );
    expect(describeLegacyExperts(gguf)).toEqual({ layers: 32, experts: 8, tensors: 768 });
    expect(() => assertLoadable(gguf)).toThrow(/split experts/);
  });

  it("with merged experts passes", async () => {
    const gguf = await readGguf(await writeSparseMixtral({ path: join(folder, "merged.gguf") }));
    expect(gguf.fileSize).toBeGreaterThan(26e9);
    expect(describeLegacyExperts(gguf)).toBeUndefined();
    expect(() => assertLoadable(gguf)).not.toThrow();
  });
});
