import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAppError } from "../../errors.ts";
import { writeSparseMixtral } from "../../testing/index.ts";
import { GGML_TYPES, type GgmlTypeName } from "../gguf/ggml-types.ts";
import { findTensor } from "../gguf/gguf.ts";
import { type GgufValue, stringAt, stringList, stringsOf } from "../gguf/metadata.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { type TensorToWrite, writeGguf } from "../gguf/write-gguf.ts";
import { countBadBlocks } from "./block-scales.ts";
import type { ModelCheck } from "./model-check.ts";
import { MODEL_CHECKS, type VerifyOptions, verifyModel } from "./verify-model.ts";

const LAB_MOE = "models/lab-moe.gguf";
let folder: string;
let bytes: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-verify-"));
  bytes = await readFile(LAB_MOE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function verify(path: string, options?: VerifyOptions): Promise<ModelCheck[]> {
  const checks: ModelCheck[] = [];
  for await (const check of verifyModel(path, options)) checks.push(check);
  for (const { status, hint } of checks) if (status === "fail") expect(hint).toBeTruthy();
  return checks;
}

const named = (checks: readonly ModelCheck[], id: string) => checks.find((check) => check.id === id);
const troubles = (checks: readonly ModelCheck[]) =>
  checks.filter(({ status }) => status !== "ok").map(({ id, status }) => `${id} ${status}`);

/** lab-moe with other bytes, written beside. */
async function changed(change: (copy: Buffer) => Buffer | undefined, name = "changed.gguf"): Promise<string> {
  const path = join(folder, name);
  const copy = Buffer.from(bytes);
  await writeFile(path, change(copy) ?? copy);
  return path;
}

/** lab-moe with other metadata or tensors. */
async function rewritten(
  change: (metadata: Map<string, GgufValue>, tensors: TensorToWrite[]) => void,
  name = "rewritten.gguf",
): Promise<string> {
  const gguf = await readGguf(LAB_MOE);
  const metadata = new Map(gguf.metadata);
  const tensors = gguf.tensors.map(
    ({ name: tensor, type, shape, offset, sizeBytes }): TensorToWrite => ({
      ...{ name: tensor, type, shape },
      data: Uint8Array.from(bytes.subarray(offset, offset + sizeBytes)),
    }),
  );
  change(metadata, tensors);
  await writeGguf({ path: join(folder, name), metadata, tensors });
  return join(folder, name);
}

describe("a whole file", () => {
  it("passes every check, in their order, and is the catalogue's to the byte", async () => {
    const seen = new Set<string>();
    const checks = await verify(LAB_MOE, { hash: true, onProgress: (stage) => seen.add(stage) });
    expect(checks.map(({ id }) => id)).toEqual([...MODEL_CHECKS]);
    expect(troubles(checks)).toEqual([]);
    expect(named(checks, "scales")?.message).toMatch(/\d+ blocks of 43 tensors looked at, seed 1/);
    expect(named(checks, "hash")?.message).toContain(createHash("sha256").update(bytes).digest("hex"));
    expect([...seen]).toEqual(["scales", "hash"]);
  });

  it("of another seed has other blocks looked at, and can be stopped", async () => {
    const controller = new AbortController();
    const stopped = verify(LAB_MOE, {
      seed: 9,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(verify(join(folder, "none.gguf"))).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  });
});

describe("a truncated file", () => {
  it.each([
    ["header", 10, undefined],
    ["metadata", 40, undefined],
    ["metadata", 200_000, undefined],
    ["tensors", 287_000, undefined],
    ["sizes", 288_064, 14_107_648],
    ["sizes", 14_000_000, 395_712],
  ])("in its %s, at byte %i", async (section, length, missing) => {
    const checks = await verify(await changed((copy) => copy.subarray(0, length)));
    const last = checks.at(-1)!;
    expect(last).toMatchObject({ id: section, status: "fail" });
    expect(last.hint).toMatch(/^The file is truncated: .*assay models pull/);
    expect(troubles(checks)).toHaveLength(1);
    if (missing !== undefined) expect(last.message).toContain(`${missing} bytes are missing in all`);
  });

  it("of the catalogue is told how much of it is there", async () => {
    const path = join(folder, "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf");
    await writeFile(path, bytes.subarray(0, 100_000));
    const { message, hint } = (await verify(path)).at(-1)!;
    expect(message).toContain(
      `Of the 668788096 bytes that the catalogue names ${668_788_096 - 100_000} are missing.`,
    );
    expect(hint).toContain("assay models pull tinyllama-1.1b-chat-q4_k_m");
  });

  it("at any place fails one check and nothing else", async () => {
    const lengths = fc.integer({ min: 0, max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const checks = await verify(await changed((copy) => copy.subarray(0, length), "cut.gguf"));
        expect(troubles(checks)).toHaveLength(1);
        expect(checks.at(-1)?.status).toBe("fail");
      }),
      { numRuns: 60 },
    );
  });
});

describe("a damaged file", () => {
  it("with any bytes changed is checked to an end or refused with a code", async () => {
    const flip = fc.record({ at: fc.nat({ max: 290_000 }), byte: fc.nat({ max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const path = await changed((copy) => {
          for (const { at, byte } of flips) copy[at] = byte;
          return undefined;
        }, "flipped.gguf");
        // The template is a child process a time: its hostile forms have tests of their own.
        const checks = verifyModel(path);
        try {
          for await (const { id } of checks) if (id === "tokenizer") break;
        } catch (error) {
          expect(isAppError(error)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("whose tensors overlap or lie elsewhere fails in its sizes", async () => {
    const gguf = await readGguf(LAB_MOE);
    const second = gguf.tensors[1]!;
    const field = bytes.indexOf(second.name) + second.name.length + 4 + 8 * second.shape.length + 4;
    const move = (offset: bigint) =>
      changed((copy) => {
        copy.writeBigUInt64LE(offset, field);
        return undefined;
      });
    expect(troubles(await verify(await move(0n)))).toEqual(["sizes fail"]);
    expect(troubles(await verify(await move(2n ** 40n)))).toEqual(["sizes fail"]);
    expect(troubles(await verify(await move(33n)))).toEqual(["tensors fail"]);
  });

  it("that is another format, or longer than it should be, says so", async () => {
    const page = join(folder, "page.gguf");
    await writeFile(page, "<!doctype html><title>404</title>");
    expect((await verify(page))[0]).toMatchObject({
      id: "header",
      status: "fail",
      hint: expect.stringMatching(/download failed/),
    });
    const longer = await changed((copy) => Buffer.concat([copy, Buffer.alloc(10_000, 1)]));
    expect(troubles(await verify(longer))).toEqual(["sizes warn"]);
  });

  it("with other bytes than the catalogue's fails by its hash alone", async () => {
    const path = await changed((copy) => {
      copy[copy.length - 1]! ^= 1;
      return undefined;
    }, "lab-moe.gguf");
    expect(troubles(await verify(path))).toEqual([]);
    const checks = await verify(path, { hash: true });
    expect(troubles(checks)).toEqual(["hash fail"]);
    expect(named(checks, "hash")?.hint).toContain("install the package again");
  });
});

describe("shards", () => {
  it("are all needed, under their names", async () => {
    const split: [string, GgufValue][] = [
      ["split.no", { type: "uint16", value: 0 }],
      ["split.count", { type: "uint16", value: 3 }],
    ];
    const path = await rewritten((metadata) => {
      for (const [key, value] of split) metadata.set(key, value);
    }, "big-00001-of-00003.gguf");
    expect((await verify(path)).at(-1)).toMatchObject({
      id: "shards",
      status: "fail",
      message: expect.stringMatching(/missing/),
    });
    await copyFile(path, join(folder, "renamed.gguf"));
    expect(troubles(await verify(join(folder, "renamed.gguf")))).toEqual(["shards fail"]);
  });
});

describe("the metadata and the table", () => {
  it("lack nothing that llama.cpp asks for", async () => {
    const noCount = await rewritten((metadata) => metadata.delete("llama.block_count"));
    expect(named(await verify(noCount), "metadata")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/block_count/),
    });
    const noLayer = await rewritten((_, tensors) => {
      const kept = tensors.filter(({ name }) => !name.startsWith("blk.2."));
      tensors.splice(0, tensors.length, ...kept);
    });
    expect(named(await verify(noLayer), "tensors")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/blk\.2\.\*/),
    });
    const many = await rewritten((metadata) =>
      metadata.set("llama.block_count", { type: "uint32", value: 2 ** 32 - 1 }),
    );
    expect(named(await verify(many), "tensors")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/4 of 4294967295/),
    });
  });
});

describe("the tokenizer", () => {
  const tokenizer = async (change: Parameters<typeof rewritten>[0]) =>
    named(await verify(await rewritten(change)), "tokenizer");

  it("has lists of one length, ids inside, no text twice", async () => {
    const scores: GgufValue = { type: "array", of: "float32", value: new Float32Array(5) };
    expect(await tokenizer((it) => it.set("tokenizer.ggml.scores", scores))).toMatchObject({
      status: "fail",
      message: "The vocabulary has 12288 tokens, but 5 scores.",
    });
    expect(
      await tokenizer((it) => it.set("tokenizer.ggml.eos_token_id", { type: "uint32", value: 12_288 })),
    ).toMatchObject({ status: "fail", message: expect.stringMatching(/eos is 12288/) });
    expect(await tokenizer((it) => it.delete("tokenizer.ggml.eos_token_id"))).toMatchObject({
      status: "warn",
    });
    expect(await tokenizer((it) => it.delete("tokenizer.ggml.tokens"))).toMatchObject({ status: "fail" });
    const nan: GgufValue = { type: "array", of: "float32", value: new Float32Array(12_288).fill(Number.NaN) };
    expect(await tokenizer((it) => it.set("tokenizer.ggml.scores", nan))).toMatchObject({
      message: expect.stringMatching(/token 0/),
    });
  });

  it("is compared by bytes, and shown without harm", async () => {
    const list = stringsOf(await readGguf(LAB_MOE), "tokenizer.ggml.tokens")!;
    const texts: (string | Uint8Array)[] = Array.from(list.ends, (_, id) => stringAt(list, id));
    // Two that are no UTF-8 and would read the same, and a true pair that would clear the screen.
    texts.splice(400, 4, Uint8Array.of(0xff), Uint8Array.of(0xfe), "\u001b[2J", "\u001b[2J");
    const found = await tokenizer((it) =>
      it.set("tokenizer.ggml.tokens", { type: "array", of: "string", value: stringList(texts) }),
    );
    expect(found).toMatchObject({
      status: "fail",
      message: '1 texts stand for two tokens each: "\\x1b[2J".',
    });
  });
});

describe("the byte tokens", () => {
  it("are all there, or llama.cpp would end the process at the first such text", async () => {
    const list = stringsOf(await readGguf(LAB_MOE), "tokenizer.ggml.tokens")!;
    const texts = Array.from(list.ends, (_, id) => stringAt(list, id));
    texts[texts.indexOf("<0xE2>")] = "none";
    const path = await rewritten((it) =>
      it.set("tokenizer.ggml.tokens", { type: "array", of: "string", value: stringList(texts) }),
    );
    expect(named(await verify(path), "tokenizer")).toMatchObject({
      status: "fail",
      message: "1 bytes have no token: <0xE2>.",
    });
  });
});

describe("the template", () => {
  it.each([
    [
      "that never ends",
      "{% for a in range(99999999) %}{% for b in range(99999999) %}x{% endfor %}{% endfor %}",
    ],
    ["that is broken", "{% if %}"],
    ["that leaves the user out", "hello"],
  ])(
    "%s fails",
    async (_, template) => {
      const path = await rewritten((metadata) =>
        metadata.set("tokenizer.chat_template", { type: "string", value: template }),
      );
      expect(named(await verify(path), "template")).toMatchObject({ status: "fail" });
    },
    30_000,
  );
});

describe("the layout", () => {
  it("of December 2023 fails with the command that repairs it; weights that were never written fail too", async () => {
    const path = await writeSparseMixtral({ path: join(folder, "mixtral 8x7b.gguf"), layout: "legacy" });
    const checks = await verify(path);
    expect(troubles(checks)).toEqual(["layout fail", "scales fail"]);
    expect(named(checks, "layout")?.hint).toContain(
      `assay models repair '${path}' --output '${join(folder, "mixtral 8x7b.repaired.gguf")}'`,
    );
    expect(named(checks, "scales")?.message).toMatch(/never filled/);
  }, 30_000);
});

describe("scales", () => {
  const poison = async (name: string, at: number, value: readonly number[]) => {
    const { offset } = findTensor(await readGguf(LAB_MOE), name)!;
    return changed((copy) => {
      copy.set(value, offset + at);
      return undefined;
    });
  };

  it("that are NaN or infinite fail, in blocks and in norms", async () => {
    // Small tensors are read whole, so a single bad value is found.
    const norm = await poison("blk.1.attn_norm.weight", 8, [0, 0, 0xc0, 0x7f]);
    expect(named(await verify(norm), "scales")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/blk\.1\.attn_norm\.weight \(1 blocks\)/),
      hint: expect.stringMatching(/--hash/),
    });
    const block = await poison("blk.0.attn_k.weight", 34 * 3, [0, 0x7c]);
    expect(named(await verify(block), "scales")).toMatchObject({
      message: expect.stringMatching(/blk\.0\.attn_k\.weight \(1 blocks\)/),
    });
  });

  it("of a tensor that is a hole are a warning", async () => {
    const { offset, sizeBytes } = findTensor(await readGguf(LAB_MOE), "blk.3.ffn_up_exps.weight")!;
    const path = await changed((copy) => {
      copy.fill(0, offset, offset + sizeBytes);
      return undefined;
    });
    expect(named(await verify(path), "scales")).toMatchObject({
      status: "warn",
      message: expect.stringMatching(/blk\.3\.ffn_up_exps/),
    });
  });

  // Offsets as in ggml-common.h; everything else of the block is noise that must not matter.
  it.each([
    ["Q4_K", 0],
    ["Q4_K", 2],
    ["Q5_K", 2],
    ["Q6_K", 208],
    ["Q2_K", 82],
    ["Q3_K", 108],
    ["Q8_0", 0],
    ["Q4_1", 2],
    ["F16", 0],
  ] as [GgmlTypeName, number][])("are found in a block of %s at byte %i", (type, at) => {
    const { blockBytes } = GGML_TYPES[type];
    const blocks = new Uint8Array(3 * blockBytes).fill(0x2a);
    expect(countBadBlocks(type, blockBytes, blocks)).toBe(0);
    blocks.set([0x01, 0x7c], blockBytes + at);
    expect(countBadBlocks(type, blockBytes, blocks)).toBe(1);
    blocks.set([0x00, 0xfc], 2 * blockBytes + at);
    expect(countBadBlocks(type, blockBytes, blocks)).toBe(2);
  });
});

describe("a disk that fails", () => {
  it("is a finding", async () => {
    const path = await changed(() => undefined, "gone.gguf");
    const checks: ModelCheck[] = [];
    for await (const check of verifyModel(path)) {
      checks.push(check);
      if (check.id === "layout") await rm(path);
    }
    expect(named(checks, "scales")).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/cannot be read/),
    });
  });
});
