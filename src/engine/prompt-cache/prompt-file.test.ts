import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type PromptFileKey, readPromptFile, writePromptFile } from "./prompt-file.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-prompt-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "prompt.kv");
const key: PromptFileKey = { fingerprint: "ab".repeat(32), kvType: "q8_0", vocabulary: 100 };
const prompt = { tokens: [1, 50, 99], state: Uint8Array.from({ length: 30 }, (_, i) => 7 * i) };
const limits = { maxTokens: 10, stateBytes: async (tokens: number) => 10 * tokens };
const read = (options: Partial<PromptFileKey> = {}) => readPromptFile(path, { ...key, ...options }, limits);

describe("a saved prompt", () => {
  it("comes back as it was, and only its owner may read it", async () => {
    const bytes = await writePromptFile(path, key, prompt);
    expect(bytes).toBe(64 + 12 + 30 + 32);
    const saved = await read();
    expect({ ...saved, state: [...saved.state] }).toEqual({ ...prompt, state: [...prompt.state], bytes });
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readdirSync(folder)).toEqual(["prompt.kv"]);
  });

  it("is not taken for another model, cache or vocabulary", async () => {
    await writePromptFile(path, key, prompt);
    const refused = (reason: string) => ({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining(reason),
    });
    await expect(read({ fingerprint: "ac".repeat(32) })).rejects.toMatchObject(refused("another model"));
    await expect(read({ kvType: "f16" })).rejects.toMatchObject(refused("number type"));
    await expect(read({ vocabulary: 99 })).rejects.toMatchObject(refused("ids"));
    const short = { ...limits, maxTokens: 2 };
    await expect(readPromptFile(path, key, short)).rejects.toMatchObject({ code: "CONTEXT_FULL" });
    const other = { ...limits, stateBytes: async () => 31 };
    await expect(readPromptFile(path, key, other)).rejects.toMatchObject(refused("another size"));
  });

  it("is refused with any bit changed, and cut or lengthened anywhere", async () => {
    await writePromptFile(path, key, prompt);
    const whole = readFileSync(path);
    const refused = { code: "DATA_UNAVAILABLE" };
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * whole.length - 1), async (bit) => {
        const damaged = Buffer.from(whole);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(path, damaged);
        await expect(read()).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(read()).rejects.toMatchObject(refused);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from([0])]));
    await expect(read()).rejects.toMatchObject(refused);
  });

  it("takes no memory for what a header only claims", async () => {
    // A sparse file of 16 GiB with a right size, and a checksum nobody gets to.
    const header = Buffer.alloc(64);
    header.write("ASSAY-KV", 0, "latin1");
    header.writeUInt32LE(1, 8);
    header.writeUInt32LE(1, 12);
    header.write(key.fingerprint, 16, "hex");
    header.write(key.kvType, 48, "latin1");
    header.writeBigUInt64LE(2n ** 34n, 56);
    writeFileSync(path, header);
    truncateSync(path, 64 + 4 + 2 ** 34 + 32);
    const before = process.memoryUsage().arrayBuffers;
    await expect(read()).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it("is refused where ids are not the model's though the checksum is right", async () => {
    await writePromptFile(path, key, prompt);
    const body = readFileSync(path).subarray(0, -32);
    body.writeInt32LE(-1, 64);
    writeFileSync(path, Buffer.concat([body, createHash("sha256").update(body).digest()]));
    await expect(read()).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });

  it("says so where there is no file, a folder, or no place to write", async () => {
    rmSync(path, { force: true });
    await expect(read()).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    mkdirSync(path);
    await expect(read()).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
    const nowhere = writePromptFile(join(folder, "none", "prompt.kv"), key, prompt);
    await expect(nowhere).rejects.toMatchObject({ code: "STORE" });
    rmSync(path, { recursive: true });
  });
});
